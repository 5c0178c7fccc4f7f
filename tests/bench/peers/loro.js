// Loro: one map by entity and path, which it merges faster than maps in a map. A round of a box is one commit.
'use strict';
const { LoroDoc } = require('loro-crdt');

const between = '\n';  // in no name and no path

// What is not freed at once slows all that comes after it.
function change(doc, box, changes) {
  const before = doc.version(), entities = doc.getMap('entities');
  doc.setPeerId(BigInt(box + 1));
  for (const [name, fields] of changes) for (const [path, value] of fields) entities.set(name + between + path, value);
  doc.commit();
  const update = doc.export({ mode: 'update', from: before });
  for (const each of [before, entities, doc]) each.free();
  return update;
}

// A box's round is done on a fork of what its site knows: a replica of each box comes to the same in minutes.
function updates_of_site(rounds, site) {
  const known = new LoroDoc(), made = [];
  for (const [number, told] of rounds.entries()) {
    const here = told.filter(each => each.site === site).map(
      ({ box, changes }) => ({ box, number, update: change(known.fork(), box, changes) }));
    known.importBatch(here.map(each => each.update));
    made.push(...here);
  }
  known.free();
  return made;
}

function made_by({ rounds }) {
  const sites = [...new Set(rounds.flat().map(each => each.site))];
  const made = sites.flatMap(site => updates_of_site(rounds, site));
  return made.sort((a, b) => a.number - b.number || a.box - b.box).map(each => each.update);
}

const batch = (doc, updates) => { doc.importBatch(updates); return doc; };

// The history first, and what it comes to once.
function detached(doc, updates) {
  doc.detach();
  for (const each of updates) doc.import(each);
  doc.attach();
  return doc;
}

function state(doc) {
  const all = {};
  for (const [key, value] of Object.entries(doc.toJSON().entities)) {
    const [name, path] = key.split(between);
    (all[name] ??= {})[path] = value;
  }
  return all;
}

module.exports = {
  made_by,
  empty: () => new LoroDoc(),
  ways: { importBatch: batch, 'import each while detached': detached },
  saved: doc => Math.min(...['snapshot', 'update'].map(mode => doc.export({ mode }).length)),
  state,
};
