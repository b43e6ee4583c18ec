import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderResult } from '../../src/app/render-result.ts';
import type { RunResult } from '../../src/app/run-job.ts';
import { parseMembership } from '../../src/engine/membership-change.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import {
  type Scenario as GitlabScenario,
  startScenario as startGitlabScenario,
} from '../scenarios/gitlab.ts';
import { type Scenario, startScenario } from '../scenarios/growthbook.ts';

let roles: Scenario;
let approvals: GitlabScenario;
const reports = mkdtempSync(join(tmpdir(), 'muster-'));
beforeAll(async () => {
  roles = await startScenario({ requestsPerMinute: 6000 });
  approvals = await startGitlabScenario(gitlabExample);
});
afterAll(async () => {
  await Promise.all([roles.close(), approvals.close()]);
  rmSync(reports, { recursive: true });
});

const denied = { DENIED_ACCOUNTS: DENIED };
const explainRoles = (who: string) => roles.run({ explain: who });
const explainApprovals = (who: string) => approvals.run({ explain: who }, denied);
const whatIf = (kind: 'add' | 'remove', ...texts: readonly string[]) => ({
  dryRun: true,
  whatIf: { changes: texts.map((text) => parseMembership(kind, text)) },
});
function compareFile(rows: string): string {
  const path = join(reports, `theirs-${rows.length}.csv`);
  writeFileSync(path, rows);
  return path;
}
const gone = { LDAP_SERVERS: 'ldap://127.0.0.1:1' };
const kept = { REPORTS: reports };

/** Each answer, in each of its outcomes: the name of its golden files, and how it comes about. The order is the order of asking. */
const ANSWERS: readonly (readonly [string, () => Promise<RunResult>])[] = [
  ['explain-change', () => explainRoles('CLEO')],
  ['explain-gets-more', () => explainRoles('petra@example.org')],
  ['explain-unchanged', () => explainRoles('bela')],
  ['explain-protected', () => explainRoles('ada')],
  ['explain-disabled', () => explainRoles('jonas')],
  ['explain-no-person', () => explainRoles('liam@elsewhere.example')],
  ['explain-no-account', () => explainRoles('umar')],
  ['explain-nearest', () => explainRoles('cleopatra')],
  ['explain-nobody', () => explainRoles('qqqqqqqqqqqq')],
  ['explain-source-failed', () => roles.run({ explain: 'cleo' }, gone)],
  ['explain-approved', () => explainApprovals('dana')],
  ['explain-waits', () => explainApprovals('gita')],
  ['explain-denied', () => explainApprovals('hugo')],
  ['explain-no-identity', () => explainApprovals('ines')],
  [
    'what-if-loses-and-gains',
    () =>
      roles.run({
        dryRun: true,
        whatIf: {
          changes: [
            parseMembership('add', 'iris:posix:analytics-privatedata-users'),
            parseMembership('remove', 'efua:growthbook-customelevatedaccess'),
          ],
        },
      }),
  ],
  ['what-if-nothing', () => roles.run(whatIf('add', 'cleo:growthbook-admin'))],
  ['what-if-unknown-group', () => roles.run(whatIf('add', 'cleo:growthbook-admim'))],
  ['what-if-unknown-person', () => roles.run(whatIf('add', 'cleoo:growthbook-admin'))],
  ['what-if-approvals', () => approvals.run(whatIf('add', 'gita:wmf'), denied)],
  [
    'compare-differs',
    () =>
      roles.run({
        compare: compareFile('account,role\ncleo@example.org,engineer\nghost@example.org,admin\n'),
      }),
  ],
  [
    'compare-approvals',
    () => approvals.run({ compare: compareFile('account,decision\namir,approve\ngita,approve\n') }, denied),
  ],
  ['compare-invalid', () => roles.run({ compare: compareFile('name,role\ncleo,admin\n') })],
  ['check-right', () => roles.run({ check: true })],
  ['check-wrong', () => roles.run({ check: true }, gone)],
  ['check-settings', () => roles.run({ check: true }, { MODE: 'perhaps', SAFETY_MAX_COUNT: 'ten' })],
  ['check-approvals', () => approvals.run({ check: true }, denied)],
  ['history-nothing-kept', () => roles.run({ history: { since: 0 } }, kept)],
  ['show-nothing-kept', () => roles.run({ show: 'latest' }, kept)],
  [
    'history',
    async () => {
      await roles.run({}, kept);
      roles.clock.advance(300_000);
      await roles.run({}, kept);
      return await roles.run({ history: { since: Date.UTC(2026, 4, 1) } }, kept);
    },
  ],
  ['history-of-one', () => roles.run({ history: { since: Date.UTC(2026, 4, 1), who: 'iris' } }, kept)],
  ['history-of-nobody', () => roles.run({ history: { since: Date.UTC(2026, 4, 1), who: 'qqqq' } }, kept)],
  ['show', () => roles.run({ show: 'latest' }, kept)],
  ['show-unknown', () => roles.run({ show: 'ffffffff' }, kept)],
  [
    'undo-planned',
    () =>
      roles.run(
        { undo: 'latest', dryRun: true },
        { ...kept, SAFETY_MAX_COUNT: '20', SAFETY_MAX_HIGHEST: '20' },
      ),
  ],
  [
    'undo-refused',
    () =>
      roles.run(
        { undo: 'latest', dryRun: true },
        { ...kept, SAFETY_MAX_COUNT: '0', SAFETY_MAX_PERCENT: '0' },
      ),
  ],
  [
    'undo-applied',
    () => roles.run({ undo: 'latest' }, { ...kept, SAFETY_MAX_COUNT: '20', SAFETY_MAX_HIGHEST: '20' }),
  ],
  [
    'undo-approvals',
    async () => {
      await approvals.run({}, { ...denied, ...kept });
      return await approvals.run({ undo: 'latest', dryRun: true }, { ...denied, ...kept });
    },
  ],
  [
    'history-approvals',
    () => approvals.run({ history: { since: Date.UTC(2026, 4, 1) } }, { ...denied, ...kept }),
  ],
];

/** A result without what differs from one start to the next: ports, ids, hashes and durations. */
function steady(result: RunResult): RunResult {
  const ids: string[] = [];
  const idOf = (id: string) => {
    if (!ids.includes(id)) ids.push(id);
    return `00000000-0000-4000-8000-${String(ids.indexOf(id) + 1).padStart(12, '0')}`;
  };
  const plain = <T>(value: T): T =>
    JSON.parse(
      JSON.stringify(value)
        .replace(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:8000')
        .replace(/sha256:[0-9a-f]{64}/g, `sha256:${'ab'.repeat(32)}`)
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, idOf)
        .replace(/"durationMs":\d+/g, '"durationMs":5'),
    );
  const { describe: words, unchanged, ...rest } = result;
  return { ...plain(rest), describe: words, unchanged: () => plain(unchanged()) };
}

describe.each(ANSWERS)('%s', (name, ask) => {
  let result: RunResult;
  beforeAll(async () => {
    result = steady(await ask());
  });

  test.each([80, 200])('as text of %i columns', async (width) => {
    const text = renderResult(result, 'text', { colour: false, width });
    await expect(text).toMatchFileSnapshot(`golden/answers/${name}.${width}.txt`);
    const long = text.split('\n').filter((line) => stringWidth(line) > width && !/sha256:|\S{60}/.test(line));
    expect(long).toEqual([]);
  });

  test.each([
    ['json', 'json'],
    ['markdown', 'md'],
    ['html', 'html'],
  ] as const)('as %s', async (format, ending) => {
    const text = renderResult(result, format, { colour: false });
    await expect(text).toMatchFileSnapshot(`golden/answers/${name}.${ending}`);
  });
});
