#!/usr/bin/env -S node --

import { runCommandLine } from './commands/program.ts';

runCommandLine(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
