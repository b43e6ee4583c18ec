import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const project = join(import.meta.dirname, '..');
const read = (name: string): unknown => JSON.parse(readFileSync(join(project, name), 'utf8'));

const Lock = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      dev: z.boolean().optional(),
      link: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});
const Package = z.object({
  dependencies: z.record(z.string(), z.string()),
  scripts: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.boolean()),
});
const Bill = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      properties: z.array(z.object({ name: z.string() })).default([]),
    }),
  ),
});

const { packages } = Lock.parse(read('package-lock.json'));
const { scripts, dependencies, allowScripts } = Package.parse(read('package.json'));
const installed = Object.entries(packages).filter(([path]) => path !== '');
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe('the dependencies', () => {
  it('no production dependency has a script that runs at installation', () => {
    const withScript = installed.filter(([, one]) => one.hasInstallScript);
    expect(withScript.filter(([, { dev }]) => !dev).map(([path]) => path)).toEqual([]);
    expect(Object.keys(allowScripts)).toEqual(withScript.map(([path]) => nameOf(path)));
  });

  it('every package has its hash in the lock file', () => {
    expect(installed.length).toBeGreaterThan(100);
    for (const [path, { integrity, link }] of installed) {
      expect(link, path).toBeUndefined();
      expect(integrity, path).toMatch(/^sha512-[A-Za-z0-9+/=]+$/);
    }
  });

  it('no package comes from elsewhere than a registry', () => {
    for (const [path, { resolved }] of installed)
      expect(resolved ?? '', path).toMatch(/^(https:\/\/[^/]+\/.+\.tgz)?$/);
    for (const [name, range] of Object.entries(dependencies))
      expect(range, name).toMatch(/^\^?\d+\.\d+\.\d+$/);
  });

  it('every direct production dependency is one of these', () => {
    expect(Object.keys(dependencies)).toEqual([
      '@google-cloud/functions-framework',
      'commander',
      'csv-parse',
      'got',
      'ldapts',
      'leven',
      'p-limit',
      'pino',
      'prom-client',
      'string-width',
      'wrap-ansi',
      'yaml',
      'zod',
    ]);
  });
});

describe('npm run sbom', () => {
  it('the bill of materials has every package of the lock file, and says which are for development', () => {
    const answer = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: project, encoding: 'utf8' });
    const { components } = Bill.parse(JSON.parse(answer));
    const named = components.map(
      ({ name, version, properties }) => `${name}@${version}${isDevelopment(properties) ? ' dev' : ''}`,
    );
    const ours = installed.map(
      ([path, { version, dev }]) => `${nameOf(path)}@${version}${dev ? ' dev' : ''}`,
    );
    expect(scripts['sbom']).toContain('--sbom-format cyclonedx');
    expect(new Set(named)).toEqual(new Set(ours));
  });
});

const isDevelopment = (properties: readonly { readonly name: string }[]) =>
  properties.some(({ name }) => name === 'cdx:npm:package:development');
