// Reads OTLP/JSON, one document a line on standard input, into OpenTelemetry's own messages, and writes it again by their
// schema: whatever the schema does not know, or knows otherwise, differs. Tells what it found as one line of JSON.
'use strict';
const { isDeepStrictEqual } = require('node:util');
const { dirname, join } = require('node:path');
// The schema is inside of the package, which exports it to nobody.
const installed = dirname(require.resolve('@opentelemetry/otlp-transformer/package.json'));
const v1 = require(join(installed, 'build/src/generated/root.js')).opentelemetry.proto.collector;

const requests = {
  resourceMetrics: v1.metrics.v1.ExportMetricsServiceRequest,
  resourceLogs: v1.logs.v1.ExportLogsServiceRequest,
};

// The mapping writes no member that has its default, and neither an empty list; ours may.
function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  if (value === null || typeof value !== 'object') return value;
  const made = {};
  for (const [key, member] of Object.entries(value)) {
    const inside = bare(member);
    if (Array.isArray(inside) && inside.length === 0) continue;
    made[key] = inside;
  }
  return made;
}

let documents = 0;
const told = { metrics: 0, points: 0, logs: 0, bytes: 0 };
for (const line of require('node:fs').readFileSync(0, 'utf8').split('\n')) {
  if (!line) continue;
  const value = JSON.parse(line);
  const type = requests[Object.keys(value)[0]];
  const message = type.fromObject(value);
  const wrong = type.verify(message);
  if (wrong) throw new Error(wrong);
  const bytes = type.encode(message).finish();
  const again = type.toObject(type.decode(bytes), { longs: String, enums: Number });
  if (!isDeepStrictEqual(bare(again), bare(value)))
    throw new Error(`not as the schema has it:\n${JSON.stringify(bare(value))}\n${JSON.stringify(bare(again))}`);
  documents += 1;
  told.bytes += bytes.length;
  for (const node of again.resourceMetrics ?? [])
    for (const scope of node.scopeMetrics)
      for (const metric of scope.metrics ?? []) {
        told.metrics += 1;
        told.points += (metric.gauge ?? metric.sum ?? metric.histogram).dataPoints.length;
      }
  for (const node of again.resourceLogs ?? []) for (const scope of node.scopeLogs) told.logs += scope.logRecords.length;
}
console.log(JSON.stringify({ documents, ...told }));
