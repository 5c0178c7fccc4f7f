// peer.js make LIBRARY OPERATIONS UPDATES: writes what each box has done as updates of that library.
// peer.js merge LIBRARY UPDATES STATE TIMES: merges them, each way some times, and tells of it as one line of JSON.
'use strict';
const fs = require('fs');

const [, , verb, library, ...files] = process.argv;
const peer = require(`./${library}`);

// A line is what one box has done in one round; rounds stand behind each other.
function read_operations(file) {
  const rounds = [];
  for (const line of fs.readFileSync(file, 'utf8').trimEnd().split('\n')) {
    const told = JSON.parse(line);
    (rounds[told.round] ??= []).push(told);
  }
  return { rounds };
}

function write_updates(file, updates) {
  const to = fs.openSync(file, 'w');
  for (const each of updates) {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(each.length);
    fs.writeSync(to, size);
    fs.writeSync(to, each);
  }
  fs.closeSync(to);
}

function read_updates(file) {
  const bytes = fs.readFileSync(file), updates = [];
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readUInt32LE(at);
    updates.push(new Uint8Array(bytes.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return updates;
}

function timed(work) {
  global.gc?.();
  const begun = process.hrtime.bigint();
  const result = work();
  return { result, seconds: Number(process.hrtime.bigint() - begun) / 1e9 };
}

function merge(updates, times) {
  const told = { seconds: {}, bytes: updates.reduce((sum, each) => sum + each.length, 0) };
  let doc;
  for (let i = 0; i < times; ++i)
    for (const [way, work] of Object.entries(peer.ways)) {
      doc = undefined;
      const done = timed(() => work(peer.empty(), updates));
      doc = done.result;
      (told.seconds[way] ??= []).push(done.seconds);
    }
  told.saved = peer.saved(doc);
  return { told, state: peer.state(doc) };
}

if (verb === 'make') {
  write_updates(files[1], peer.made_by(read_operations(files[0])));
} else {
  const { told, state } = merge(read_updates(files[0]), Number(files[2]));
  fs.writeFileSync(files[1], JSON.stringify(state));
  console.log(JSON.stringify(told));
}
