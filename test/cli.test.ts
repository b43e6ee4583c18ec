import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type GrowthBookSandbox, startGrowthBookSandbox } from './sandbox/growthbook/sandbox.ts';

const CLI = new URL('../src/cli.ts', import.meta.url).pathname;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
type Environment = Readonly<Record<string, string>>;

/** Runs the command in an empty directory of its own, or in one with an `.env`. */
async function muster(
  args: readonly string[],
  environment: Environment = {},
  dotenv?: Environment,
): Promise<Ended> {
  const cwd = mkdtempSync(join(tmpdir(), 'muster-cli-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  if (dotenv) {
    const lines = Object.entries(dotenv).map(([name, value]) => `${name}='${value}'\n`);
    writeFileSync(join(cwd, '.env'), lines.join(''));
  }
  const inherited = { PATH: process.env.PATH, HOME: process.env.HOME };
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { ...inherited, ...environment } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
const reportIn = ({ stdout }: Ended): Record<string, unknown> => JSON.parse(stdout);
const linesIn = ({ stderr }: Ended): readonly Record<string, unknown>[] =>
  stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const HASH = `sha256:${'a'.repeat(64)}`;

describe('arguments that are not understood end with 4, the reason on stderr and nothing on stdout', () => {
  test.each([
    ['no job', [], /^Usage: muster/],
    [
      'an unknown job',
      ['growthbook-role'],
      /^muster: unknown command .*\n\(Did you mean growthbook-roles\?\)/,
    ],
    ['an unknown command', ['growthbook-roles', 'aply'], /unknown command 'aply'\n\(Did you mean apply\?\)/],
    [
      'an unknown option',
      ['growthbook-roles', 'plan', '--jsn'],
      /unknown option '--jsn'\n\(Did you mean --json\?\)/,
    ],
    ['an argument too many', ['growthbook-roles', 'plan', 'x'], /too many arguments/],
    ['an unknown format', ['growthbook-roles', 'plan', '--format', 'yaml'], /Allowed choices are text, json/],
    [
      'an approval without a reason',
      ['growthbook-roles', 'apply', '--approve', HASH],
      /--approve and --reason belong together/,
    ],
    [
      'a reason without an approval',
      ['growthbook-roles', 'apply', '--reason', 'x'],
      /--approve and --reason belong together/,
    ],
    [
      'a plan file that is not there',
      ['growthbook-roles', 'apply', 'none.json'],
      /plan file none.json: the file cannot be read \(ENOENT/,
    ],
    ['a plan file and a hash', ['growthbook-roles', 'apply', 'a.json', '--approve', HASH], /one of them/],
    [
      'an empty reason',
      ['growthbook-roles', 'apply', '--approve', HASH, '--reason', ' '],
      /--reason: found nothing/,
    ],
  ])('%s', async (_, args, expected) => {
    const { code, stdout, stderr } = await muster(args);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(expected);
  });
});

test('settings that are missing end with 4: all of them in the report on stdout, log lines on stderr', async () => {
  const ended = await muster(['growthbook-roles', 'plan', '--format', 'json']);
  expect(ended.code).toBe(4);
  expect(reportIn(ended)).toMatchObject({ outcome: 'invalid-settings', exitCode: 4 });
  for (const name of [
    'LDAP_SERVERS',
    'GROWTHBOOK_API_URL',
    'GROWTHBOOK_LDAP_SYNC_API_KEY',
    'GROWTHBOOK_PROJECT',
  ]) {
    expect(reportIn(ended).error).toContain(name);
  }
  expect(linesIn(ended).map(({ event }) => event)).toContain('run.completed');
});

describe('against a sandbox', () => {
  let sandbox: GrowthBookSandbox;
  beforeAll(async () => {
    // Real time: all runs of this file fit into one minute of the rate limit.
    sandbox = await startGrowthBookSandbox({ requestsPerMinute: 6000 });
  });
  afterAll(() => sandbox.close());
  const writes = () => sandbox.growthbook.requests.filter(({ method }) => method !== 'GET').length;
  const roles = (...args: readonly string[]) => ['growthbook-roles', ...args];

  test('plan is the default, is printed as text without colours, writes nothing and ends with 0', async () => {
    const { code, stdout, stderr } = await muster(roles(), sandbox.environment);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^growthbook-roles {2}planned/);
    expect(stdout).toMatch(/sha256:[0-9a-f]{64}/);
    expect(stdout).not.toContain(String.fromCharCode(27));
    expect(writes()).toBe(0);
  });

  test('the report goes to stdout alone, the log to stderr, one JSON object a line', async () => {
    const ended = await muster(roles('plan', '--format', 'json'), sandbox.environment);
    expect([ended.code, reportIn(ended).outcome]).toEqual([0, 'planned']);
    const events = linesIn(ended).map(({ event }) => event);
    expect(events.filter((event) => event === 'run.completed')).toHaveLength(1);
    expect(events).toContain('decision');
    const { id } = reportIn(ended).run as { id: string };
    expect(new Set(linesIn(ended).map((line) => line['sync_run_id']))).toEqual(new Set([id]));
  });

  test('apply writes nothing where MODE=observe is set', async () => {
    const ended = await muster(roles('apply', '--format', 'json'), {
      ...sandbox.environment,
      MODE: 'observe',
    });
    expect(reportIn(ended)).toMatchObject({ outcome: 'planned', run: { mode: 'observe', dryRun: true } });
    expect([ended.code, writes()]).toEqual([0, 0]);
  });

  test('apply writes nothing by default, and says why in one sentence', async () => {
    const { code, stdout } = await muster(roles('apply'), sandbox.environment);
    expect([code, writes()]).toEqual([0, 0]);
    expect(stdout).toContain('Nothing was written: MODE is observe. Set MODE=enforce to carry the plan out.');
  });

  test('a plan with objections ends with 2, an approval of another plan too', async () => {
    const strict = { ...sandbox.environment, SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' };
    const refused = await muster(roles('apply', '--format', 'json'), strict);
    expect([refused.code, reportIn(refused).outcome]).toEqual([2, 'refused']);
    const other = await muster(
      roles('apply', '--approve', HASH, '--reason', 'x', '--format', 'json'),
      strict,
    );
    expect([other.code, reportIn(other).outcome]).toEqual([2, 'refused']);
    expect(writes()).toBe(0);
  });

  test('a source that fails ends with 3', async () => {
    const ended = await muster(roles('plan', '--format', 'json'), {
      ...sandbox.environment,
      GROWTHBOOK_PROJECT: 'prj_typo',
    });
    expect([ended.code, reportIn(ended).outcome]).toEqual([3, 'source-failed']);
  });

  test('a misspelt setting ends with 4 and names the one meant', async () => {
    const { code, stdout } = await muster(roles('plan'), { ...sandbox.environment, SAFETY_MAX_COUNTS: '9' });
    expect(code).toBe(4);
    expect(stdout).toMatch(/SAFETY_MAX_COUNTS.*SAFETY_MAX_COUNT,/s);
  });

  test('a .env in the working directory is read, and the environment wins', async () => {
    const dotenv = { ...sandbox.environment, GROWTHBOOK_PROJECT: 'prj_typo' };
    const { GROWTHBOOK_PROJECT = '' } = sandbox.environment;
    expect((await muster(roles('plan'), {}, dotenv)).code).toBe(3);
    expect((await muster(roles('plan'), { GROWTHBOOK_PROJECT }, dotenv)).code).toBe(0);
  });

  test('MODE=observe in .env keeps apply from writing', async () => {
    const ended = await muster(
      roles('apply', '--format', 'json'),
      {},
      { ...sandbox.environment, MODE: 'observe' },
    );
    expect([reportIn(ended).outcome, writes()]).toEqual(['planned', 0]);
  });

  test('in production .env is not read', async () => {
    expect((await muster(roles('plan'), { NODE_ENV: 'production' }, sandbox.environment)).code).toBe(4);
  });

  test('the key and the password are in no output', async () => {
    const { GROWTHBOOK_LDAP_SYNC_API_KEY: key = '', LDAP_BIND_PASSWORD: password = '' } = sandbox.environment;
    const environment = {
      ...sandbox.environment,
      LOG_LEVEL: 'debug',
      LDAP_BIND_PASSWORD: `${password}-wrong`,
    };
    const { stdout, stderr, code } = await muster(roles('plan'), environment);
    expect(code).toBe(3);
    for (const secret of [key, `${password}-wrong`]) expect(`${stdout}${stderr}`).not.toContain(secret);
  });

  test('apply applies, with the approval of the very plan that was shown, and then nothing is left', async () => {
    const strict = {
      MODE: 'enforce',
      ...sandbox.environment,
      SAFETY_MAX_COUNT: '0',
      SAFETY_MAX_PERCENT: '0',
    };
    const { planHash } = reportIn(await muster(roles('plan', '--format', 'json'), strict));
    const args = roles(
      'apply',
      '--approve',
      String(planHash),
      '--reason',
      ' team dissolved ',
      '--format',
      'json',
    );
    const applied = await muster(args, strict);
    expect(applied.code, applied.stderr).toBe(0);
    expect(reportIn(applied)).toMatchObject({
      outcome: 'applied',
      approved: { hash: planHash, reason: 'team dissolved' },
      run: { mode: 'enforce', dryRun: false },
    });
    expect(writes()).toBeGreaterThan(0);
    const again = await muster(roles('apply', '--format', 'json'), strict);
    expect([again.code, reportIn(again).outcome]).toEqual([0, 'unchanged']);
  });

  test('--dry-run makes a plan of apply', async () => {
    const ended = await muster(roles('apply', '--dry-run', '--json'), {
      ...sandbox.environment,
      MODE: 'enforce',
    });
    expect(reportIn(ended)).toMatchObject({ run: { dryRun: true, mode: 'enforce' } });
  });
});

describe('with --sandbox', () => {
  const sandbox = (...args: readonly string[]) => muster(['growthbook-roles', ...args, '--sandbox']);

  test('a plan needs no setting', async () => {
    const { code, stdout, stderr } = await sandbox('plan');
    expect([code, stderr.includes('"severity":"ERROR"')], stderr).toEqual([0, false]);
    expect(stdout).toContain('grant');
  });

  test('plan --exit-code ends with 7 where there is something to do', async () => {
    expect((await sandbox('plan', '--exit-code')).code).toBe(7);
  });

  test('apply writes, to its own fake servers alone', async () => {
    const ended = await sandbox('apply', '--json');
    expect(reportIn(ended)).toMatchObject({ outcome: 'applied', run: { mode: 'enforce' } });
  });

  test('plan --only is about one account, and an unknown name shows the nearest ones', async () => {
    const ended = await sandbox('plan', '--only', 'IRIS@example.org', '--json');
    expect(reportIn(ended).changes).toMatchObject([{ account: 'u_iris' }]);
    const unknown = await sandbox('plan', '--only', 'irris');
    expect(unknown.code).toBe(4);
    expect(unknown.stdout).toContain('the nearest names: Iris, iris@example.org');
  });

  test('check is one line for each thing that must be right, and ends with 0', async () => {
    const { code, stdout } = await sandbox('check');
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^✓ growthbook: project/m);
    expect(stdout.trim().split('\n').at(-1)).toBe('Everything is right');
  });

  test('explain answers for people, and as JSON', async () => {
    const { code, stdout } = await sandbox('explain', 'IRIS');
    expect(code).toBe(0);
    for (const part of ['iris@example.org  iris  u_iris', 'What the sources say', 'Rules', 'What to do']) {
      expect(stdout).toContain(part);
    }
    const ended = await sandbox('explain', 'u_iris', '--json');
    expect(reportIn(ended)).toMatchObject({
      who: 'u_iris',
      matches: [{ person: { uid: 'iris' } }],
      nearest: [],
    });
  });

  test('explain of an unknown name shows the nearest ones, and ends with 0', async () => {
    const { code, stdout } = await sandbox('explain', 'irris');
    expect([code, stdout.includes('Nobody has this name. The nearest names: Iris')], stdout).toEqual([
      0,
      true,
    ]);
  });

  test.each(['growthbook-roles', 'gitlab-approvals'])('works for %s', async (job) => {
    expect((await muster([job, 'plan', '--sandbox'])).code).toBe(0);
  });
});

test('a plan that --out wrote approves its changes in a later apply', async () => {
  const sandbox = await startGrowthBookSandbox();
  try {
    const file = join(mkdtempSync(join(tmpdir(), 'muster-plan-')), 'plan.json');
    const strict = {
      ...sandbox.environment,
      MODE: 'enforce',
      SAFETY_MAX_COUNT: '0',
      SAFETY_MAX_PERCENT: '0',
    };
    expect((await muster(['growthbook-roles', 'plan', '--out', file], strict)).code).toBe(2);
    const ended = await muster(
      ['growthbook-roles', 'apply', file, '--reason', 'a team moved', '--json'],
      strict,
    );
    expect(reportIn(ended)).toMatchObject({
      outcome: 'applied',
      approved: { reason: 'a team moved', changes: 12 },
    });
    expect(sandbox.growthbook.writes).toHaveLength(12);
  } finally {
    await sandbox.close();
  }
});

test('a reader that closes the pipe, as head does, does not change the exit code', () => {
  const command = `"${process.execPath}" "${CLI}" growthbook-roles plan --exit-code --sandbox | head -c 10; echo " \${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', command], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  });
  expect(stdout).toBe('growthbook 7\n');
  expect(stderr).not.toContain('EPIPE');
});

describe('the completion script', () => {
  test('of bash completes jobs, commands and options', async () => {
    const { stdout } = await muster(['completion', 'bash']);
    const complete = (...words: readonly string[]) =>
      spawnSync('bash', [
        '-c',
        `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _muster; echo "\${COMPREPLY[@]}"`,
      ]).stdout.toString();
    expect(complete('muster', 'gr')).toBe('growthbook-roles\n');
    expect(complete('muster', 'growthbook-roles', 'pl')).toBe('plan\n');
    expect(complete('muster', 'growthbook-roles', 'plan', '--js')).toBe('--json\n');
    expect(complete('muster', 'growthbook-roles', 'settings', '--env')).toBe('--env-file\n');
  });

  test('exists for zsh and fish, and for nothing else', async () => {
    expect((await muster(['completion', 'zsh'])).stdout).toContain('bashcompinit');
    expect((await muster(['completion', 'fish'])).stdout).toContain('complete -c muster');
    expect((await muster(['completion', 'tcsh'])).code).toBe(4);
  });
});

test.each([
  [['--help']],
  [['growthbook-roles', '--help']],
  [['growthbook-roles', 'plan', '--help']],
  [['help', 'growthbook-roles']],
])('help with examples ends with 0: %s', async (args) => {
  const { code, stdout } = await muster(args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: muster/);
});

test('--version is the version of package.json', async () => {
  const { stdout } = await muster(['--version']);
  expect(stdout.trim()).toBe(
    JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version,
  );
});
