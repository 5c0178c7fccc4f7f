// backend.js CATALOG PORT FOLDER: Backstage's backend with its catalog alone, put together as an app of theirs does it,
// its SQLite in FOLDER. It takes in what another catalog has, and tells its parent once it listens.
'use strict';
const { createBackend } = require('@backstage/backend-defaults');
const { coreServices, createBackendModule, createServiceFactory } = require('@backstage/backend-plugin-api');
const { ConfigReader } = require('@backstage/config');
const { catalogProcessingExtensionPoint } = require('@backstage/plugin-catalog-node');

const [, , catalog, port, directory] = process.argv;
const place = 'url:https://example.net/catalog-info.yaml';

// Nobody has to log in, and what was taken in is not gone through again while it is asked.
const config = new ConfigReader({
  backend: {
    baseUrl: `http://127.0.0.1:${port}`,
    listen: { host: '127.0.0.1', port: Number(port) },
    auth: { dangerouslyDisableDefaultAuthPolicy: true },
    database: { client: 'better-sqlite3', connection: { directory } },
  },
  catalog: { processingInterval: { hours: 24 } },
});

// As a provider has to give it: with where it is from, and without what a catalog adds by itself.
function raw({ metadata: { uid, etag, ...metadata }, relations, ...entity }) {
  const annotations = {
    ...metadata.annotations,
    'backstage.io/managed-by-location': place,
    'backstage.io/managed-by-origin-location': place,
  };
  return { entity: { ...entity, metadata: { ...metadata, annotations } } };
}

const provider = {
  getProviderName: () => 'another-catalog',
  async connect(connection) {
    const answer = await fetch(`${catalog}/entities`);
    await connection.applyMutation({ type: 'full', entities: (await answer.json()).map(raw) });
  },
};

const backend = createBackend();
backend.add(createServiceFactory({ service: coreServices.rootConfig, deps: {}, factory: () => config }));
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(createBackendModule({
  pluginId: 'catalog',
  moduleId: 'another-catalog',
  register: all => all.registerInit({
    deps: { processing: catalogProcessingExtensionPoint },
    init: async ({ processing }) => processing.addEntityProvider(provider),
  }),
}));
process.on('disconnect', () => process.exit(1));
backend.start().then(() => process.send('listening'), error => {
  console.error(error);
  process.exit(1);
});
