#!/usr/bin/env -S node --

import { runCommandLine } from './commands/program.ts';

/** The program `muster`: runs one command line. */
runCommandLine(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
