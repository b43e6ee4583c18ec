import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '..');
const page = readFileSync(join(project, 'src/README.md'), 'utf8');
const copy = mkdtempSync(join(tmpdir(), 'muster-recipe-'));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** The new files that the page shows: the first line of each block is its path. */
const files = [...page.matchAll(/```ts\n\/\/ (src\/\S+)\n([\s\S]*?)```/g)].map(
  ([, path = '', text = '']) => ({
    path,
    text,
  }),
);

/** The lines that the page registers things by: each removed line is replaced by the added lines that follow it. */
const edits = [...page.matchAll(/```diff\n--- (\S+)\n([\s\S]*?)```/g)].flatMap(([, path = '', text = '']) =>
  text
    .split(/^(?=-)/m)
    .filter((part) => part !== '')
    .map((part) => {
      const [removed = '', ...added] = part.trimEnd().split('\n');
      return { path, from: `${removed.slice(1)}\n`, to: added.map((line) => `${line.slice(1)}\n`).join('') };
    }),
);

beforeAll(() => {
  for (const name of [
    'src',
    'package.json',
    'tsconfig.json',
    'test/architecture.test.ts',
    'test/vitest.config.ts',
  ])
    cpSync(join(project, name), join(copy, name), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
  for (const { path, text } of files) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
  for (const { path, from, to } of edits) {
    const text = readFileSync(join(copy, path), 'utf8');
    expect(text, `${path} has no line ${from}`).toContain(from);
    writeFileSync(
      join(copy, path),
      text.replace(from, () => to),
    );
  }
});

const run = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  await new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) =>
    execFile(
      process.execPath,
      [join(copy, 'src/muster.cjs'), 'door-badges', ...args],
      { cwd: copy, env: { PATH: process.env['PATH'], ...environment } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  );

describe('the recipe of src/README.md', () => {
  it('has a directory, a target, a job and a report, each one file with its lines of registration', () => {
    expect(files.map(({ path }) => path.split('/')[1])).toEqual([
      'directories',
      'targets',
      'jobs',
      'reports',
    ]);
    expect(edits.map(({ path }) => path.split('/').at(-1))).toEqual([
      'architecture.test.ts',
      'architecture.test.ts',
      'registry.ts',
      'render.ts',
      'render.ts',
      'render.ts',
    ]);
  });

  it('passes the compiler', () => {
    execFileSync(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), '-p', copy], {
      stdio: 'inherit',
    });
  });

  it('passes the test of the architecture', () => {
    const vitest = join(project, 'node_modules/vitest/vitest.mjs');
    execFileSync(
      process.execPath,
      [vitest, 'run', '--root', copy, '--config', 'test/vitest.config.ts', 'test/architecture.test.ts'],
      {
        cwd: copy,
        stdio: 'pipe',
      },
    );
  }, 60_000);

  it('makes a job that plans, applies, refuses, explains and checks', async () => {
    const files = { TEAM_FILE: join(copy, 'team'), DOOR_FILE: join(copy, 'doors') };
    writeFileSync(files.TEAM_FILE, 'ada\ngrace\n');
    writeFileSync(files.DOOR_FILE, 'ada\nmallory\n');
    const plan = await run(['plan', '-o', 'csv'], files);
    expect(plan.stdout, plan.stderr).toBe(
      '"account","kind","reason"\r\n"mallory","revoke","mallory is not in the team"\r\n"grace","grant","grace is in the team"\r\n',
    );
    expect((await run(['explain', 'grace'], files)).stdout).toContain('grace is in the team');
    expect((await run(['check'], files)).stdout).toContain('2 names');
    expect((await run(['apply'], { ...files, MODE: 'enforce', SAFETY_MAX_DOORS: '1' })).code).toBe(2);
    expect((await run(['apply'], { ...files, MODE: 'enforce' })).stdout).toContain('applied');
    expect(readFileSync(files.DOOR_FILE, 'utf8')).toBe('ada\ngrace\n');
    expect((await run(['plan'], files)).stdout).toContain('unchanged');
  });

  it('makes a directory that fails the run where it is not whole', async () => {
    const files = { TEAM_FILE: join(copy, 'empty'), DOOR_FILE: join(copy, 'doors') };
    writeFileSync(files.TEAM_FILE, '');
    const { code, stdout } = await run(['plan'], files);
    expect((await run(['check'], files)).stdout).toContain('write the names of the team into it');
    expect(code).toBe(3);
    expect(stdout).toContain('source team: ');
  });
});
