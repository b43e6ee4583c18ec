#!/usr/bin/env node
// The command `functions-framework`: with the compiled code that compile.cjs wrote, where it is there.
const { enableCompileCache } = require('node:module');
const { join } = require('node:path');

enableCompileCache({ directory: join(__dirname, '../.compile-cache'), portable: true });
require('./server.js');
