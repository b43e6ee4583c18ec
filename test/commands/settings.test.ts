import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jobs } from '../../src/jobs/registry.ts';
import type { SettingsReport } from '../../src/reports/settings.ts';
import { emptyFolder, muster } from '../muster.ts';

const shownBy = ({ stdout }: { readonly stdout: string }) => {
  const report = JSON.parse(stdout) as SettingsReport;
  return { ...report, of: (name: string) => report.settings.find((one) => one.name === name) };
};

function envFile(content: string) {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'prod.env'), content);
  return cwd;
}

describe('settings', () => {
  test('shows where each comes from, and ends with 4 and all faults where they cannot be used', async () => {
    const cwd = envFile('SAFETY_MAX_COUNT=9\nSAFETY_MAX_PERCENT=x\nMODE=enforce\n');
    const args = ['growthbook-roles', 'settings', '--env-file', 'prod.env', '--json'];
    const ended = await muster(args, { cwd, environment: { MODE: 'observe' } });
    const shown = shownBy(ended);
    expect([ended.code, ended.stderr]).toEqual([4, '']);
    expect(shown.of('MODE')).toMatchObject({ value: 'observe', from: 'environment' });
    expect(shown.of('SAFETY_MAX_COUNT')).toMatchObject({ value: '9', from: 'prod.env' });
    expect(shown.of('LOG_LEVEL')).toMatchObject({ value: 'info', from: 'default' });
    expect(shown.of('LEASE_BUCKET')).toMatchObject({ value: '', from: 'not set' });
    expect(shown.faults).toEqual(
      expect.arrayContaining([
        'SAFETY_MAX_PERCENT: found "x", allowed: a whole number from 0 to 100',
        expect.stringMatching(/^GROWTHBOOK_PROJECT: found nothing/),
      ]),
    );
  });

  test.each(jobs)(
    'of $name take each secret from the file that NAME_FILE names, and show none',
    async (job) => {
      const secrets = Object.entries(job.settings).filter(([, { secret }]) => secret);
      const cwd = emptyFolder();
      mkdirSync(join(cwd, 'secrets'));
      const environment = Object.fromEntries(
        secrets.map(([name]) => {
          const path = join(cwd, 'secrets', name);
          writeFileSync(path, `hunter2-${name}\n`);
          return [`${name}_FILE`, path];
        }),
      );
      const { stdout, stderr } = await muster([job.name, 'settings', '-o', 'json'], { cwd, environment });
      const shown = shownBy({ stdout });
      expect(secrets.length).toBeGreaterThan(1);
      for (const [name] of secrets)
        expect(shown.of(name)).toEqual({
          name,
          value: `${name.length + 8} characters`,
          from: `file (${name}_FILE)`,
          isSecret: true,
        });
      expect(`${stdout}${stderr}`).not.toContain('hunter2');
    },
  );

  test.each([
    ['text', /^ {2}SAFETY_MAX_COUNT {2,}prod\.env {2,}9$/m],
    ['markdown', /^\| `SAFETY_MAX_COUNT` \| `9` \| `prod\.env` \|$/m],
    ['html', /<td[^>]*>SAFETY_MAX_COUNT<\/td><td[^>]*>9<\/td><td[^>]*>prod.env<\/td>/],
  ])('are shown as %s', async (format, expected) => {
    const args = ['growthbook-roles', 'settings', '--sandbox', '--env-file', 'prod.env', '-o', format];
    const ended = await muster(args, { cwd: envFile('SAFETY_MAX_COUNT=9\n') });
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toMatch(expected);
  });
});

describe('--env-file', () => {
  test.each([
    ['before the job', ['--env-file', 'prod.env', 'growthbook-roles', 'settings']],
    ['behind the command', ['growthbook-roles', 'settings', '--env-file=prod.env']],
    ['without a command, which is plan', ['growthbook-roles', '--env-file', 'prod.env']],
    ['before a job without a command', ['--env-file', 'prod.env', 'growthbook-roles']],
  ])('is taken %s', async (_, args) => {
    const { code, stdout } = await muster(args, { cwd: envFile('SAFETY_MAX_PERCENT=x\n') });
    expect(code).toBe(4);
    expect(stdout).toContain('SAFETY_MAX_PERCENT: found "x"');
  });

  test('takes the place of .env, in production too', async () => {
    const cwd = envFile('SAFETY_MAX_COUNT=9\n');
    writeFileSync(join(cwd, '.env'), 'SAFETY_MAX_PERCENT=20\n');
    const args = ['growthbook-roles', 'settings', '--json', '--env-file', 'prod.env'];
    const shown = shownBy(await muster(args, { cwd, environment: { NODE_ENV: 'production' } }));
    expect(shown.of('SAFETY_MAX_COUNT')?.from).toBe('prod.env');
    expect(shown.of('SAFETY_MAX_PERCENT')?.from).toBe('default');
  });

  test.each([
    [
      'that is missing',
      'none.env',
      /^muster: .*--env-file none\.env: found a file that cannot be read: ENOENT/,
    ],
    ['that is a folder', '.', /^muster: .*--env-file \.: found a file that cannot be read: EISDIR/],
  ])('%s ends with 4 and one sentence', async (_, file, expected) => {
    const { code, stdout, stderr } = await muster(['growthbook-roles', 'apply', '--env-file', file]);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(expected);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('with a line that is no assignment ends with 4, names the line and shows nothing of it', async () => {
    const cwd = envFile('MODE=observe\nGROWTHBOOK_LDAP_SYNC_API_KEY: hunter2\n');
    const ended = await muster(['growthbook-roles', 'apply', '--env-file', 'prod.env'], { cwd });
    expect(ended.code).toBe(4);
    expect(ended.stdout).toContain('prod.env, line 2: found no assignment, allowed: NAME=value');
    expect(`${ended.stdout}${ended.stderr}`).not.toContain('hunter2');
  });
});

describe('a sandbox takes from outside what leads to no system', () => {
  test('every setting that it takes refuses the name of a system', () => {
    for (const { settings } of jobs) {
      const portable = Object.entries(settings).filter(([, one]) => one.portable);
      expect(portable.length).toBeGreaterThan(4);
      for (const [name, setting] of portable)
        for (const place of ['https://real.example.org/', 'real.example.org', 'real-bucket', 'gs://real/x'])
          expect(() => setting.parse(place), name).toThrow();
    }
  });

  test.each(jobs)('and nothing else of $name', async (job) => {
    const places = Object.keys(job.settings).filter((name) => !job.settings[name]?.portable);
    const environment = Object.fromEntries(places.map((name) => [name, 'http://real.example.org']));
    const limits = {
      SOURCE_MAX_INCOMPLETE_PERCENT: '33',
      SYNC_DEADLINE_SECONDS: '77',
      SAFETY_MAX_COUNT: '1',
    };
    const ended = await muster([job.name, 'settings', '--sandbox', '--json'], {
      environment: { ...environment, ...limits, GITLAB_ACCESS_TOKEN_FILE: '/nowhere' },
    });
    expect(ended.stdout).not.toContain('real.example.org');
    expect(ended.code, ended.stdout).toBe(0);
    const { settings } = shownBy(ended);
    expect(
      settings.filter(({ from }) => from === 'environment').map(({ name, value }) => [name, value]),
    ).toEqual(
      Object.entries(limits)
        .filter(([name]) => name in job.settings)
        .toSorted(([a], [b]) => Object.keys(job.settings).indexOf(a) - Object.keys(job.settings).indexOf(b)),
    );
  });

  test('a misspelt setting is a fault there too', async () => {
    const args = ['growthbook-roles', 'plan', '--sandbox'];
    const { code, stdout } = await muster(args, { environment: { SAFETY_MAX_COUNTS: '9' } });
    expect(code).toBe(4);
    expect(stdout).toContain('SAFETY_MAX_COUNTS: found a variable that Muster does not know');
  });
});
