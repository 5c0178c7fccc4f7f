// Asks a box's catalog with Backstage's own client, unmodified, and tells what it got as one line of JSON.
'use strict';
const { CatalogClient, CATALOG_FILTER_EXISTS } = require('@backstage/catalog-client');

const client = new CatalogClient({ discoveryApi: { getBaseUrl: async () => process.argv[2] } });
const names = entities => entities.map(each => each && `${each.kind}:${each.metadata.namespace}/${each.metadata.name}`);

async function pages(request) {
  const all = [];
  let page = await client.queryEntities(request);
  const total = page.totalItems;
  for (;;) {
    all.push(names(page.items));
    if (!page.pageInfo.nextCursor) break;
    page = await client.queryEntities({ cursor: page.pageInfo.nextCursor });
  }
  const back = page.pageInfo.prevCursor ? await client.queryEntities({ cursor: page.pageInfo.prevCursor }) : null;
  return { all, total, back: back && names(back.items) };
}

async function main() {
  const told = {};
  const component = { kind: 'Component' };
  told.all = names((await client.getEntities()).items);
  told.components = names((await client.getEntities({ filter: component, order: { field: 'metadata.name', order: 'desc' } })).items);
  told.either = names((await client.getEntities({ filter: [{ kind: 'Group' }, { kind: 'component', 'spec.type': ['job', 'none'] }] })).items);
  told.described = names((await client.getEntities({ filter: { 'metadata.description': CATALOG_FILTER_EXISTS } })).items);
  told.part = (await client.getEntities({ filter: component, fields: ['metadata.name', 'metadata.annotations.a.b/c'], limit: 1 })).items;
  told.refs = names((await client.getEntitiesByRefs({ entityRefs: ['component:north/part-1', 'component:north/none', 'group:north/team'] })).items);
  told.refsFiltered = names((await client.getEntitiesByRefs({ entityRefs: ['component:north/part-1', 'group:north/team'], filter: component })).items);
  told.one = await client.getEntityByRef('group:north/team');
  told.none = (await client.getEntityByRef('group:north/none')) ?? null;
  told.pages = await pages({ filter: component, limit: 3 });
  told.ordered = await pages({ filter: component, limit: 4, orderFields: { field: 'spec.type', order: 'desc' } });
  told.words = names((await client.queryEntities({ fullTextFilter: { term: 'water' } })).items);
  told.predicate = await pages({ query: { $all: [component, { 'spec.type': { $in: ['job'] } }] }, limit: 2 });
  told.facets = await client.getEntityFacets({ filter: component, facets: ['spec.type', 'kind'] });
  told.facetsOfQuery = await client.getEntityFacets({ query: component, facets: ['spec.type'] });
  let streamed = 0;
  for await (const some of client.streamEntities({ pageSize: 4 })) streamed += some.length;
  told.streamed = streamed;
  const { relations, ...bare } = told.one;
  told.valid = await client.validateEntity(bare, 'url:https://example.net/catalog-info.yaml');
  told.invalid = await client.validateEntity({ ...bare, kind: 'Grup' }, 'url:https://example.net/catalog-info.yaml');
  told.refused = await client.queryEntities({ query: { $not: component } }).then(() => '', error => `${error.cause.name}: ${error.cause.message}`);
  told.written = await client.addLocation({ target: 'https://example.net/x' }).then(() => '', error => error.name);
  console.log(JSON.stringify(told));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
