// Yjs: a map of maps. What a box has done in a round is one transaction, told as the update that Yjs emits for it.
'use strict';
const Y = require('yjs');

function replica(number) {
  const doc = new Y.Doc();
  doc.clientID = number + 1;
  return doc;
}

function change(doc, changes) {
  let update;
  doc.once('update', made => { update = made; });
  doc.transact(() => {
    const entities = doc.getMap('entities');
    for (const [name, fields] of changes) {
      if (!entities.has(name)) entities.set(name, new Y.Map());
      const entity = entities.get(name);
      for (const [path, value] of fields) entity.set(path, value);
    }
  });
  return update;
}

const one_by_one = (doc, updates) => { for (const each of updates) Y.applyUpdate(doc, each); return doc; };
const at_once = (doc, updates) => { doc.transact(() => one_by_one(doc, updates)); return doc; };

module.exports = {
  made_by: boxes => require('./replicas').updates_of(boxes, { replica, change, take: at_once }),
  empty: () => replica(1000),
  ways: { 'applyUpdate each': one_by_one, 'applyUpdate each in one transaction': at_once },
  saved: doc => Y.encodeStateAsUpdate(doc).length,
  state: doc => doc.getMap('entities').toJSON(),
};
