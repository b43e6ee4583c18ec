#!/usr/bin/env -S node --
// The program `muster`: starts cli.ts, or says in one sentence that this Node is too old to read it.
// Behind `--` Node leaves options to the program: it has an `--env-file` of its own.
// Plain JavaScript that every version of Node since 12 understands.

const NEEDED = 24;
const found = process.versions.node;

if (Number(found.split('.')[0]) < NEEDED) {
  process.stderr.write(`muster: this Node is too old (found ${found}, allowed ${NEEDED}).\n`);
  process.exitCode = 4;
} else {
  import('./cli.ts');
}
