// Automerge: a map of maps, with values that are no texts to be edited. Its changes are written by its own encoder: a
// round of a box is one change, which says what it replaces, as a replica that makes it would.
'use strict';
const Automerge = require('@automerge/automerge');

const actor = number => Buffer.from([0, number + 1]).toString('hex');

// What the boxes of a site have all seen: of each field which operations stand there, and of each entity which one
// made it.
class Site {
  constructor() {
    this.standing = new Map();
    this.made = new Map();
    this.heads = [];
    this.operations = 0;
  }
}

// One box's round on top of that.
class Round {
  constructor(site, number) {
    Object.assign(this, { site, actor: actor(number), own: new Map(), made: new Map(), ops: [] });
  }
  put(op) {
    this.ops.push(op);
    return `${this.site.operations + this.ops.length}@${this.actor}`;
  }
  entity(name) {
    const known = this.made.get(name) ?? this.site.made.get(name);
    if (known) return known;
    const made = this.put({ action: 'makeMap', obj: '_root', key: name, pred: [] });
    this.made.set(name, made);
    return made;
  }
  set(name, path, value) {
    const key = `${name}\n${path}`, own = this.own.get(key);
    const over = own ? own.over : this.site.standing.get(key) ?? [];
    const id = this.put({ action: 'set', obj: this.entity(name), key: path, value, pred: own ? [own.id] : over });
    this.own.set(key, { id, over });
  }
  change(sequence) {
    return Automerge.encodeChange({
      actor: this.actor, seq: sequence, startOp: this.site.operations + 1, time: 0, message: null,
      deps: this.site.heads, ops: this.ops,
    });
  }
}

// All have heard of each other.
function meet(site, rounds, changes) {
  const over = new Map(), by = new Map();
  for (const round of rounds) {
    for (const [name, id] of round.made) site.made.set(name, id);
    for (const [key, own] of round.own) {
      over.set(key, own.over);
      by.set(key, [...(by.get(key) ?? []), own.id]);
    }
  }
  for (const [key, ids] of by) {
    const before = site.standing.get(key) ?? [];
    site.standing.set(key, [...before.filter(id => !over.get(key).includes(id)), ...ids]);
  }
  site.operations += Math.max(...rounds.map(round => round.ops.length));
  site.heads = changes.map(each => Automerge.decodeChange(each).hash).sort();
}

function made_by(boxes) {
  const sites = new Map(), updates = [];
  for (const told of boxes.rounds) {
    const here = new Map();
    for (const { site, box, changes } of told) {
      if (!sites.has(site)) sites.set(site, new Site());
      const round = new Round(sites.get(site), box);
      for (const [name, fields] of changes) for (const [path, value] of fields) round.set(name, path, value);
      const update = round.change(boxes.rounds.indexOf(told) + 1);
      updates.push(update);
      if (!here.has(site)) here.set(site, { rounds: [], changes: [] });
      here.get(site).rounds.push(round);
      here.get(site).changes.push(update);
    }
    for (const [site, { rounds, changes }] of here) meet(sites.get(site), rounds, changes);
  }
  return updates;
}

const changes = (doc, updates) => Automerge.applyChanges(doc, updates)[0];
const load = (_, updates) => Automerge.load(Buffer.concat(updates));

module.exports = {
  made_by,
  empty: () => Automerge.init({ actor: actor(254) }),
  ways: { applyChanges: changes, load },
  saved: doc => Automerge.save(doc).length,
  state: doc => JSON.parse(JSON.stringify(doc)),
};
