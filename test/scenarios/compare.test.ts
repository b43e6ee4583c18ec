import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { codesOf } from '../../src/app/result-codes.ts';
import { emptyFolder, muster } from '../muster.ts';
import { gitlabExample } from '../sandbox/gitlab/example.ts';
import { openScenario } from './gitlab.ts';
import { scenario, test } from './growthbook.ts';

function fileOf(content: string | Uint8Array): string {
  const path = join(emptyFolder(), 'theirs');
  writeFileSync(path, content);
  return path;
}
const compare = (content: string | Uint8Array) => scenario.run({ compare: fileOf(content) });

/** What the run decides, as another tool's rows. */
async function ours(): Promise<readonly (readonly [string, string])[]> {
  const { comparison } = await compare('account,role\nnobody@example.org,noaccess\n');
  return (comparison?.onlyOurs ?? []).map(({ account, ours: role }) => [account, role ?? '']);
}
const csv = (rows: readonly (readonly [string, string])[]) =>
  ['account,role', ...rows.map((row) => row.join(','))].join('\n');

describe('another tool that decides the same', () => {
  test('differs in nothing, as CSV and as JSON lines, and the run writes nothing', async () => {
    const rows = await ours();
    expect(rows.length).toBeGreaterThan(10);
    const jsonLines = rows.map(([account, role]) => JSON.stringify({ account, role })).join('\n');
    for (const content of [csv(rows), `${csv(rows)}\r\n`, `\uFEFF${csv(rows)}`, jsonLines]) {
      const result = await compare(content);
      const { onlyTheirs, onlyOurs, different, same } = result.comparison ?? {};
      expect([onlyTheirs, onlyOurs, different]).toEqual([[], [], []]);
      expect(same).toBeGreaterThan(rows.length);
      expect(codesOf(result).exitCode).toBe(0);
    }
    expect(scenario.posts()).toEqual([]);
  });

  test('names accounts in any spelling, and nothing in any word', async () => {
    const rows = (await ours()).map(([account, role]) => [account.toUpperCase(), role] as const);
    const { comparison } = await compare(
      csv([...rows, ['iris@example.org', 'none'], ['Liam@elsewhere.example', '']]),
    );
    expect(comparison).toMatchObject({ onlyTheirs: [], onlyOurs: [], different: [] });
  });
});

test('only the differences are listed, each with our reason', async () => {
  const rows = (await ours()).filter(([account]) => account !== 'cleo@example.org');
  const theirs = [...rows, ['iris@example.org', 'readonly'], ['ghost@example.org', 'admin']] as const;
  const result = await compare(csv(theirs));
  expect(result.comparison).toMatchObject({
    onlyTheirs: [{ account: 'ghost@example.org', theirs: 'admin', ours: null }],
    onlyOurs: [{ account: 'cleo@example.org', theirs: null, ours: 'admin', rule: 2 }],
    different: [
      {
        account: 'iris@example.org',
        theirs: 'readonly',
        ours: 'noaccess',
        because: 'iris is not in POSIX analytics-privatedata-users',
      },
    ],
  });
  expect(codesOf(result)).toMatchObject({ exitCode: 7, status: 200 });
});

test('people without an account are compared by what they get at the first sign-in', async () => {
  const { comparison } = await compare('account,role\nvera@example.org,admin\n');
  expect(comparison?.different).toMatchObject([
    { account: 'vera@example.org', theirs: 'admin', ours: 'readonly' },
  ]);
});

describe('a file is refused', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['that is empty', '', 'no row'],
    ['with a header alone', 'account,role\n', 'no row'],
    ['with other columns', 'user,role\na,b\n', 'line 1: columns (found user, role'],
    ['with both columns', 'account,role,decision\na,b,c\n', 'line 1: columns'],
    ['with a column twice', 'account,role,role\na,b,c\n', 'line 1: columns'],
    ['with another separator', 'account;role\na;b\n', 'line 1: columns (found account;role'],
    ['with a row that is too short', 'account,role\na@x.org\n', 'line 2'],
    ['with a quote that stays open', 'account,role\n"a,b\n', 'compare: '],
    ['without an account', 'account,role\n,admin\n', 'line 2: account'],
    [
      'with an account twice',
      'account,role\na@x.org,b\nA@X.org,c\n',
      'line 3: account A@X.org is in line 2 already',
    ],
    ['with JSON that is none', '{"account":"a","role":"b"}\n{', 'line 2: not JSON'],
    ['with JSON of another shape', '{"account":7,"role":"b"}', 'line 1: account'],
    [
      'with a decision and a role',
      '{"account":"a","role":"b","decision":"c"}',
      'line 1: exactly one of role and decision',
    ],
    ['that is not UTF-8', new Uint8Array([0xff, 0xfe, 0x61]), 'cannot be read'],
  ])('%s', async (_, content, words) => {
    const result = await compare(content);
    expect([result.report.outcome, codesOf(result).exitCode]).toEqual(['invalid-request', 4]);
    expect(result.report.error).toContain(words);
    expect(scenario.growthbook.requests).toEqual([]);
  });

  test('that is not there', async () => {
    const { report } = await scenario.run({ compare: '/nowhere/at/all' });
    expect(report.error).toContain('the file cannot be read');
  });
});

test('gitlab-approvals is compared by decision', async () => {
  const { run } = await openScenario(gitlabExample);
  const { report } = await run({ dryRun: true });
  const rows = report.changes.map(({ label }) => `${label},approved`);
  const same = await run({ compare: fileOf(['account,decision', ...rows].join('\n')) });
  expect(same.comparison).toMatchObject({ onlyTheirs: [], onlyOurs: [], different: [] });
  const other = await run({
    compare: fileOf(['account,decision', ...rows.slice(1), 'x,approve'].join('\n')),
  });
  expect([other.comparison?.onlyTheirs.length, other.comparison?.onlyOurs.length]).toEqual([1, 1]);
  const odd = await run({ compare: fileOf('account,decision\nx,perhaps\n') });
  expect(odd.report.error).toContain('decision (found perhaps, allowed: approve');
});

test('the command prints the differences and ends with 7, in every representation', async () => {
  const file = fileOf('account,role\nghost@example.org,admin\n');
  for (const format of ['text', 'json', 'markdown', 'html']) {
    const { code, stdout } = await muster(['growthbook-roles', 'compare', file, '--sandbox', '-o', format]);
    expect(code).toBe(7);
    expect(stdout).toContain('ghost@example.org');
  }
});
