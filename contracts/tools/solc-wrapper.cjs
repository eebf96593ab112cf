#!/usr/bin/env node
// Lets forge use the solc of the npm package, so a build needs no download. forge calls only
// `--version` and `--standard-json` (input on stdin); it must not do anything else.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const args = process.argv.slice(2);
const { version } = require('solc/package.json');

if (args.includes('--version')) {
  // Cached: booting the wasm only to print its version costs half a second.
  const cache = path.join(__dirname, `.solc-version-${version}`);
  let text = '';
  try {
    text = fs.readFileSync(cache, 'utf8');
  } catch {
    text = require('solc').version();
    try {
      fs.writeFileSync(cache, text);
    } catch {
      // A read-only checkout pays the half second each time.
    }
  }
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${text}\n`);
  process.exit(0);
}

if (!args.includes('--standard-json')) {
  process.stderr.write('solc-wrapper: only --version and --standard-json\n');
  process.exit(1);
}

const values = (name) =>
  args.flatMap((arg, i) =>
    arg === name ? [args[i + 1]] : arg.startsWith(`${name}=`) ? [arg.slice(name.length + 1)] : [],
  );
const roots = ['', ...values('--base-path'), ...values('--include-path')];
const output = require('solc').compile(fs.readFileSync(0, 'utf8'), {
  import(file) {
    for (const root of roots) {
      try {
        return { contents: fs.readFileSync(path.resolve(root, file), 'utf8') };
      } catch {
        // try the next root
      }
    }
    return { error: `File not found: ${file}` };
  },
});
// No process.exit(): the pipe has to drain.
process.stdout.write(output);
