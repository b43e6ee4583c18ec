import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeMediaTypesLate } from '../../terraform/bundle-plugins.ts';
import { deployable, sourceZip } from '../../terraform/source-zip.ts';
import { startFramework } from '../sandbox/framework.ts';
import { startSandbox } from '../sandbox/start-sandbox.ts';
import { unpackZip } from './unpacked-zip.ts';

const root = join(import.meta.dirname, '../..');
const CODE = /\.c?js$/;
const work = mkdtempSync(join(tmpdir(), 'muster-zip-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The files that a file loads at once, and what those load: not what is loaded in a function, when it is needed. */
function loadedBy(name: string, files: ReadonlyMap<string, string>, seen = new Set<string>()): Set<string> {
  seen.add(name);
  for (const [, found = ''] of (files.get(name) ?? '').matchAll(/(?<!=>)require\("\.\/([^"]+)"\)/g))
    if (!seen.has(found)) loadedBy(found, files, seen);
  return seen;
}

describe('the source zip', () => {
  it('has the same bytes in every time zone, and each time', () => {
    const hashes = ['UTC', 'Asia/Tokyo', 'UTC'].map((zone) =>
      execFileSync(process.execPath, [join(root, 'terraform/source-zip.ts'), join(work, 'zone.zip')], {
        env: { ...process.env, TZ: zone },
        encoding: 'utf8',
      }),
    );
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).toMatch(/zone\.zip\nsha256:[0-9a-f]{64}\n$/);
  }, 60_000);

  it('holds the bundle with its source maps, what it needs to run, and licences, and nothing of the tests', async () => {
    const files = unzipSync(await sourceZip(root));
    const names = Object.keys(files);
    expect(names).toEqual(names.toSorted());
    expect(names.filter((name) => !/(?:^|\/)chunk-|\.map$/.test(name))).toEqual([
      ...['LICENSE', 'LICENSES.txt', 'cli.js', 'compile.cjs'],
      ...['index.js', 'package.json', 'server.js', 'start.cjs'].map((name) => `functions-framework/${name}`),
      ...['main.cjs', 'package-lock.json', 'package.json', 'yaml.js'],
    ]);
    for (const name of ['main.cjs.map', 'cli.js.map', 'functions-framework/server.js.map'])
      expect(names).toContain(name);
    const text = Buffer.from(files['LICENSES.txt'] ?? []).toString();
    for (const name of [
      'got',
      'ldapts',
      'pino',
      'yaml',
      'zod',
      '@google-cloud/functions-framework',
      'express',
    ])
      expect(text).toMatch(new RegExp(`^${name}$`, 'm'));
    for (const name of names) expect(Buffer.from(files[name] ?? []).toString()).not.toContain(root);
  });

  it('has the functions in less than 950 kB of code, and the framework in less than 500 kB', async () => {
    const files = await deployable(root);
    const code = [...files].filter(([name]) => CODE.test(name));
    const sizeOf = (inFramework: boolean) =>
      code
        .filter(([name]) => name.startsWith('functions-framework/') === inFramework)
        .reduce((sum, [, content]) => sum + content.length, 0);
    expect(sizeOf(false)).toBeLessThan(950_000);
    expect(sizeOf(true)).toBeLessThan(500_000);
    expect(files.get('main.cjs')?.length).toBeLessThan(20_000);
  });

  it('has none of the parts of libraries that a start would read for nothing', async () => {
    const files = [...(await deployable(root))].filter(([name]) => CODE.test(name));
    const code = files.map(([, content]) => String(content)).join('\n');
    const required = new Set([...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name));
    expect(required).toContain('./yaml.js');
    expect(required).not.toContain('node:http2');
    expect(code.match(/=new Intl\.ListFormat/g)).toBeNull();
    const loaded = loadedBy('main.cjs', new Map(files.map(([name, content]) => [name, String(content)])));
    expect([...loaded].filter((name) => /yaml|stages/.test(name))).toEqual([]);
    expect(loaded.size).toBeGreaterThan(1);
    const sizes = files.map(([name, content]) => (loaded.has(name) ? content.length : 0));
    expect(sizes.reduce((a, b) => a + b)).toBeLessThan(460_000);
    const first = files.filter(([name]) => loaded.has(name)).map(([, content]) => String(content));
    expect(first.join('\n')).not.toContain('Intl.Segmenter');
  });

  it('looks up media types as the library does, though it makes its tables late', async () => {
    const build = await rolldown({
      cwd: root,
      input: 'node_modules/mime-types/index.js',
      plugins: [makeMediaTypesLate],
    });
    await build.write({ file: join(work, 'media-types.cjs'), format: 'cjs' });
    const require = createRequire(import.meta.url);
    const library = require('mime-types');
    const late = require(join(work, 'media-types.cjs'));
    expect(late.lookup('a.html')).toBe('text/html');
    expect(late.types).toEqual(library.types);
    expect(late.extensions).toEqual(library.extensions);
    expect(late.extension('text/x-markdown')).toBe(library.extension('text/x-markdown'));
  });
});

describe('the source zip, unpacked into an empty folder', () => {
  const at = join(work, 'unpacked');

  beforeAll(() => unpackZip(at), 180_000);

  it('is installed without a registry: the framework is the one package, and it is in the zip', () => {
    const { packages } = JSON.parse(readFileSync(join(at, 'package-lock.json'), 'utf8'));
    expect(Object.keys(packages)).toEqual([
      '',
      'functions-framework',
      'node_modules/@google-cloud/functions-framework',
    ]);
    expect(realpathSync(join(at, 'node_modules/@google-cloud/functions-framework'))).toBe(
      realpathSync(join(at, 'functions-framework')),
    );
  });

  it('passes the check of the main file that the build makes', () => {
    execFileSync(process.execPath, ['--check', join(at, 'main.cjs')]);
  });

  it('is not compiled again when a function starts: the code that npm ci compiled is read', async () => {
    const sandbox = await startSandbox('growthbook-roles');
    const environment = { ...sandbox.environment, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
    const server = await startFramework('growthbookRoles', environment, at);
    try {
      expect((await fetch(server.origin)).status).toBe(200);
      const accepted = [...server.output().matchAll(/ CommonJS \S+\/(\S+) was accepted/g)].map(
        ([, name]) => name,
      );
      expect(accepted).toEqual(expect.arrayContaining(['server.js', 'index.js', 'main.cjs']));
      expect(accepted.filter((name) => name?.startsWith('chunk-stages'))).toHaveLength(1);
      expect(server.output()).not.toContain('rejected');
    } finally {
      await server.close();
      await sandbox.close();
    }
  });

  it('starts without the compiled code too', async () => {
    const server = await startFramework('growthbookRoles', { NODE_DISABLE_COMPILE_CACHE: '1' }, at);
    try {
      expect((await fetch(server.origin)).status).toBe(500);
    } finally {
      await server.close();
    }
  });

  it.each([
    ['growthbookRoles', 'growthbook-roles'],
    ['gitlabApprovals', 'gitlab-approvals'],
  ])('serves %s by the functions framework', async (target, job) => {
    const server = await startFramework(target, {}, at);
    try {
      const response = await fetch(server.origin);
      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({ outcome: 'invalid-settings', exitCode: 4, run: { job } });
    } finally {
      await server.close();
    }
  });

  it('reads a policy with the library that is loaded for it alone', async () => {
    const server = await startFramework('growthbookRoles', { GROWTHBOOK_POLICY: 'rules: [' }, at);
    try {
      const text = await (await fetch(server.origin)).text();
      expect(text).toContain('GROWTHBOOK_POLICY');
      expect(text).toContain('line 1');
    } finally {
      await server.close();
    }
  });

  it('runs the command, which says in a sentence that a sandbox needs the repository', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(at, 'cli.js'), 'growthbook-roles', 'plan', '--sandbox'],
      {
        encoding: 'utf8',
      },
    );
    expect([status, stderr]).toEqual([
      4,
      'muster: --sandbox works only in the repository, where test/sandbox is\n',
    ]);
  });
});
