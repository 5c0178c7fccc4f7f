// compare.js HOLDFAST-CATALOG ROOT: asks our catalog of that root and Backstage's, with the same entities, the same
// questions over HTTP, and tells the seconds of each answer as one line of JSON.
'use strict';
const { fork, spawn } = require('child_process');
const { once } = require('events');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const { createInterface } = require('readline');
const { setTimeout: pause } = require('timers/promises');
const { isDeepStrictEqual } = require('util');

const times = 200; // of each question, and as many before that warm up
const patience = 1_800_000, stalled = 120_000; // milliseconds, for all to be taken in, and for the next one

const services = 'kind=component,spec.type=service';
const page = (filter, offset = 0) =>
  `entities/by-query?limit=20&offset=${offset}&filter=${encodeURIComponent(filter)}`;
const questions = {
  'one by its name': number => `entities/by-name/component/north/part-${number}`,
  'filter: services of a team': number => page(`${services},spec.owner=team-${Math.floor(number / 50)}`),
  'filter: a page of services, from anywhere': number => page(services, number % 2500),
  'facet: types of all': () => 'entity-facets?facet=spec.type',
};

// With nothing packed: ours never does that, and it would cost Backstage time.
async function ask(catalog, question) {
  const begun = process.hrtime.bigint();
  const answer = await fetch(`${catalog}/${question}`, { headers: { 'accept-encoding': 'identity' } });
  const text = await answer.text();
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  if (!answer.ok) throw new Error(`${catalog}/${question} answers ${answer.status}: ${text}`);
  return { seconds, told: JSON.parse(text) };
}

async function count(catalog) {
  // Only what is through all of Backstage's steps has relations.
  const { told } = await ask(catalog, 'entities/by-query?limit=0&filter=relations.ownedBy');
  return told.totalItems;
}

async function free_port() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const children = [];

function started(child) {
  children.push(child);
  return child;
}

// Either what is waited for, or the end of a program that should go on.
const unless_ended = (child, wanted) => Promise.race([
  wanted,
  once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${child.spawnargs.join(' ')} has ended: ${code ?? signal}`);
  }),
]);

async function start_ours(program, root) {
  const child = started(
    spawn(program, ['--root', root, 'serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] }));
  const [url] = await unless_ended(child, once(createInterface(child.stdout), 'line'));
  return url;
}

async function start_theirs(ours, folder) {
  const port = await free_port();
  const child = started(fork('backend.js', [ours, port, folder], {
    cwd: __dirname,
    env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'error' },
    stdio: ['ignore', 2, 2, 'ipc'],
  }));
  await unless_ended(child, once(child, 'message'));
  return `http://127.0.0.1:${port}/api/catalog`;
}

// Seconds that it took.
async function taken_in(catalog, entities) {
  const begun = Date.now();
  let last = begun;
  for (let there = 0; ;) {
    const now = await count(catalog);
    if (now === entities) return (Date.now() - begun) / 1000;
    if (now !== there) last = Date.now();
    there = now;
    if (Date.now() - last > stalled || Date.now() - begun > patience)
      throw new Error(`Backstage has taken in ${there} of ${entities} entities and gets no further`);
    await pause(1000);
  }
}

// What both have to say alike; which of many come first is left to each.
function gist({ totalItems, facets, spec }) {
  return facets ? facets['spec.type'].sort((a, b) => a.value.localeCompare(b.value)) : totalItems ?? spec;
}

// Turn by turn, so that what else the computer does is the same for both.
async function compare(question, ours, theirs, entities) {
  const seconds = { ours: [], theirs: [] };
  for (let i = 0; i < 2 * times; ++i) {
    const number = 7919 * i % (entities / 10) * 10 + 1; // each tenth is no component
    const mine = await ask(ours, question(number)), other = await ask(theirs, question(number));
    const both = [mine, other].map(({ told }) => gist(told));
    if (!isDeepStrictEqual(...both))
      throw new Error(`${question(number)}: ours ${JSON.stringify(both[0])}, Backstage's ${JSON.stringify(both[1])}`);
    if (i < times) continue;
    seconds.ours.push(mine.seconds);
    seconds.theirs.push(other.seconds);
  }
  return seconds;
}

async function main(program, root) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstage-'));
  try {
    const ours = await start_ours(program, root), entities = await count(ours);
    const theirs = await start_theirs(ours, folder);
    const told = { entities, taken_in: await taken_in(theirs, entities), questions: {} };
    for (const [what, question] of Object.entries(questions))
      told.questions[what] = await compare(question, ours, theirs, entities);
    console.log(JSON.stringify(told));
  } finally {
    for (const each of children) each.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main(...process.argv.slice(2)).then(() => process.exit(0), error => {
  console.error(error.message);
  process.exit(1);
});
