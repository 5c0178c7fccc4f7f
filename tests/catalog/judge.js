// Reads a list of documents (JSON) and writes what Backstage says of each: "" where it is an entity, else why not.
const model = require('@backstage/catalog-model');
const scaffolder = require('@backstage/plugin-scaffolder-common');

const envelope = model.EntityPolicies.allOf([
  new model.SchemaValidEntityPolicy(),
  new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
]);
const kinds = {
  API: model.apiEntityV1alpha1Validator,
  Component: model.componentEntityV1alpha1Validator,
  Domain: model.domainEntityV1alpha1Validator,
  Group: model.groupEntityV1alpha1Validator,
  Location: model.locationEntityV1alpha1Validator,
  Resource: model.resourceEntityV1alpha1Validator,
  System: model.systemEntityV1alpha1Validator,
  Template: scaffolder.templateEntityV1beta3Validator,
  User: model.userEntityV1alpha1Validator,
};

// A validator answers false for another version, and throws for what is wrong in one of its own.
async function objection(document) {
  try {
    const entity = await envelope.enforce(document);
    if (!entity) return 'refused';
    const kind = Object.hasOwn(kinds, entity.kind) ? kinds[entity.kind] : undefined;
    return kind && (await kind.check(entity)) ? '' : 'no kind of that name and version';
  } catch (error) {
    return String(error.message || error);
  }
}

async function main() {
  let text = '';
  for await (const piece of process.stdin) text += piece;
  const said = [];
  for (const document of JSON.parse(text)) said.push(await objection(document));
  process.stdout.write(JSON.stringify(said));
}

main();
