// Reads Prometheus' text format on standard input with a package that is none of ours, and tells it as one line of JSON.
'use strict';
const module_ = require('parse-prometheus-text-format');
const parse = module_.default ?? module_;
console.log(JSON.stringify(parse(require('node:fs').readFileSync(0, 'utf8'))));
