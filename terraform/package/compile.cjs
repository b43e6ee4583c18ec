// Compiles the code when npm has installed the package: a function that starts reads the result from .compile-cache.
const { spawnSync } = require('node:child_process');
const { readdirSync } = require('node:fs');
const { enableCompileCache } = require('node:module');
const { join } = require('node:path');

// Node writes the compiled code of what a process loaded when it ends. With --help the framework loads all of its code, and no function.
const command = [join(__dirname, 'functions-framework/start.cjs'), '--help'];
const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
if (status !== 0) throw new Error(`functions-framework --help ended with ${status}: ${stderr}`);

enableCompileCache({ directory: join(__dirname, '.compile-cache'), portable: true });
for (const name of readdirSync(__dirname))
  if (/^(?:main\.cjs|chunk-.*\.js)$/.test(name)) require(`./${name}`);
