import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployable, deployedPackage, sourceZip } from '../../terraform/source-zip.ts';
import { startFramework } from '../sandbox/framework.ts';

const root = join(import.meta.dirname, '../..');
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
    expect(names.filter((name) => !/^chunk-|\.map$/.test(name))).toEqual([
      ...['LICENSE', 'LICENSES.txt', 'cli.js', 'main.js', 'package-lock.json', 'package.json', 'yaml.js'],
    ]);
    for (const name of ['main.js.map', 'cli.js.map']) expect(names).toContain(name);
    const text = Buffer.from(files['LICENSES.txt'] ?? []).toString();
    for (const name of ['got', 'ldapts', 'pino', 'yaml', 'zod'])
      expect(text).toMatch(new RegExp(`^${name}$`, 'm'));
    for (const name of names) expect(Buffer.from(files[name] ?? []).toString()).not.toContain(root);
  });

  it('has the functions in less than 950 kB of code', async () => {
    const files = await deployable(root);
    const code = [...files].filter(([name]) => name.endsWith('.js')).map(([, content]) => content.length);
    expect(code.reduce((a, b) => a + b, 0)).toBeLessThan(950_000);
    expect(files.get('main.js')?.length).toBeLessThan(20_000);
  });

  it('has none of the parts of libraries that a start would read for nothing', async () => {
    const files = [...(await deployable(root))].filter(([name]) => name.endsWith('.js'));
    const code = files.map(([, content]) => String(content)).join('\n');
    const required = new Set([...code.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name));
    expect(required).toContain('./yaml.js');
    expect(required).not.toContain('node:http2');
    expect(code.match(/=new Intl\.ListFormat/g)).toBeNull();
    const loaded = loadedBy('main.js', new Map(files.map(([name, content]) => [name, String(content)])));
    expect([...loaded].filter((name) => /yaml|stages/.test(name))).toEqual([]);
    expect(loaded.size).toBeGreaterThan(1);
    const sizes = files.map(([name, content]) => (loaded.has(name) ? content.length : 0));
    expect(sizes.reduce((a, b) => a + b)).toBeLessThan(460_000);
    const first = files.filter(([name]) => loaded.has(name)).map(([, content]) => String(content));
    expect(first.join('\n')).not.toContain('Intl.Segmenter');
  });

  it.each(['build', 'gcp-build', 'prepare'])('refuses the script %s, which the build would run', (script) => {
    expect(() => deployedPackage(JSON.stringify({ scripts: { [script]: 'tsc' } }))).toThrow(
      `found ${script}`,
    );
  });
});

describe('the source zip, unpacked into an empty folder', () => {
  const at = join(work, 'unpacked');

  beforeAll(async () => {
    for (const [name, content] of Object.entries(unzipSync(await sourceZip(root)))) {
      mkdirSync(dirname(join(at, name)), { recursive: true });
      writeFileSync(join(at, name), content);
    }
    execFileSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'], {
      cwd: at,
      stdio: 'pipe',
    });
  }, 180_000);

  it('passes the check of the main file that the build makes', () => {
    execFileSync(process.execPath, ['--check', join(at, 'main.js')]);
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
