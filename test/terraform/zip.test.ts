import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceZip } from '../../terraform/source-zip.ts';
import { startFramework } from '../sandbox/framework.ts';

const root = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'muster-zip-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A folder with the given files, made in their order. */
function folder(name: string, files: Readonly<Record<string, string>>): string {
  const at = join(work, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), content);
  }
  return at;
}

const SMALL = {
  'package.json': '{"scripts":{"test":"vitest"}}',
  'package-lock.json': '{}',
  'src/main.ts': 'export {};\n',
  'src/targets/b/policy.yaml': 'order: []\n',
  'src/targets/a.ts': 'export {};\n',
  'src/targets/README.md': '# Targets\n',
};

describe('the source zip', () => {
  it('has the same bytes for the same content, whenever, wherever and in whatever order it was written', () => {
    const one = folder('one', SMALL);
    const other = folder('other', Object.fromEntries(Object.entries(SMALL).toReversed()));
    utimesSync(join(other, 'src/main.ts'), 1, 1);
    expect(Buffer.from(sourceZip(one)).equals(sourceZip(other))).toBe(true);
  });

  it('has the same bytes in every time zone', () => {
    const hashes = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles'].map((zone) =>
      execFileSync(process.execPath, [join(root, 'terraform/source-zip.ts'), join(work, 'zone.zip')], {
        env: { ...process.env, TZ: zone },
        encoding: 'utf8',
      }),
    );
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).toMatch(/zone\.zip\nsha256:[0-9a-f]{64}\n$/);
  });

  it('has other bytes when one character of one file changes', () => {
    const other = folder('changed', { ...SMALL, 'src/main.ts': 'export { };\n' });
    expect(Buffer.from(sourceZip(folder('same', SMALL))).equals(sourceZip(other))).toBe(false);
  });

  it('holds package.json, the lock file and src, and nothing else of the project', () => {
    const names = Object.keys(unzipSync(sourceZip(root)));
    expect(names.filter((name) => !name.startsWith('src/'))).toEqual(['package-lock.json', 'package.json']);
    expect(names).toEqual(names.toSorted());
    expect(names).toContain('src/main.ts');
    expect(names).toContain('src/jobs/growthbook-roles/policy.yaml');
  });

  it('leaves out pages for people', () => {
    expect(Object.keys(unzipSync(sourceZip(folder('pages', SMALL))))).not.toContain('src/targets/README.md');
  });

  it.each(['src/.main.ts.swp', 'src/key.pem'])('refuses a file that does not belong: %s', (path) => {
    const at = folder(`stray-${path.length}`, { ...SMALL, [path]: 'x' });
    expect(() => sourceZip(at)).toThrow(`${path} does not belong`);
  });

  it('refuses a link, which would mean something else elsewhere', () => {
    const at = folder('link', SMALL);
    symlinkSync('/etc/hostname', join(at, 'src/linked.ts'));
    expect(() => sourceZip(at)).toThrow('src/linked.ts does not belong');
  });

  it.each(['build', 'gcp-build', 'prepare'])('refuses the script %s, which the build would run', (script) => {
    const at = folder(`script-${script}`, {
      ...SMALL,
      'package.json': JSON.stringify({ scripts: { [script]: 'tsc' } }),
    });
    expect(() => sourceZip(at)).toThrow(`found ${script}`);
  });
});

describe('the source zip, unpacked into an empty folder', () => {
  const at = join(work, 'unpacked');

  beforeAll(() => {
    for (const [name, content] of Object.entries(unzipSync(sourceZip(root)))) {
      mkdirSync(dirname(join(at, name)), { recursive: true });
      writeFileSync(join(at, name), content);
    }
    execFileSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'], {
      cwd: at,
      stdio: 'pipe',
    });
  }, 180_000);

  it('passes the check of the main file that the build makes', () => {
    execFileSync(process.execPath, ['--check', join(at, 'src/main.ts')]);
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
});
