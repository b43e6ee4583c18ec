import { describe, expect } from 'vitest';
import { approvalOf } from '../../src/app/read-plan-file.ts';
import { defaultPolicy } from '../../src/jobs/growthbook-roles/policy.ts';
import type { Access } from '../../src/targets/growthbook/access.ts';
import { scenario, test } from './growthbook.ts';

const [EXPERIMENTS, SEARCH] = ['prj_experiments', 'prj_search'] as const;
const { order } = defaultPolicy();
const search = {
  order,
  gate: 'none',
  rules: [
    { rule: 12, when: { ldap: 'growthbook-admin' }, role: 'engineer' },
    { rule: 13, when: { ldap: 'growthbook-readonly' }, role: 'readonly' },
  ],
  otherwise: { rule: 15 },
};
const both = [
  { project: EXPERIMENTS, policy: defaultPolicy() },
  { project: SEARCH, policy: search },
];
const environment = (policies: readonly object[] = both) => ({
  GROWTHBOOK_POLICY: JSON.stringify(policies),
  GROWTHBOOK_PROJECT: '',
  SAFETY_MAX_COUNT: '100',
  SAFETY_MAX_HIGHEST: '100',
  SAFETY_MAX_GAINED_COUNT: '100',
  GROWTHBOOK_REQUESTS_PER_MINUTE: '6000',
});
const entryOf = (id: string, project: string) =>
  scenario.growthbook.member(id).projectRoles?.find((one) => one.project === project)?.role;

describe('several projects in one run', () => {
  test('each change says its project, and a second run finds nothing to do', async () => {
    const { report } = await scenario.run({}, environment());
    expect(report.outcome, report.error ?? '').toBe('applied');
    expect(new Set(report.changes.map(({ result }) => result))).toEqual(new Set(['applied']));
    expect(new Set(report.changes.map(({ project }) => project))).toEqual(new Set([EXPERIMENTS, SEARCH]));
    expect(report.notes.filter(({ kind }) => kind === 'changed-meanwhile' || kind === 'stale')).toEqual([]);
    const second = (await scenario.run({}, environment())).report;
    expect([second.outcome, second.changes]).toEqual(['unchanged', []]);
  });

  test('each project has the roles of its own policy, and a third is left as it is', async () => {
    await scenario.run({}, environment());
    expect([entryOf('u_bela', EXPERIMENTS), entryOf('u_bela', SEARCH)]).toEqual(['admin', 'engineer']);
    expect([entryOf('u_xena', EXPERIMENTS), entryOf('u_xena', SEARCH)]).toEqual([
      'CustomElevatedAccess',
      'noaccess',
    ]);
    expect(entryOf('u_xena', 'prj_apps')).toBe('analyst');
  });

  test('a global role is lowered by the first change, and the next one finds it lowered', async () => {
    const { report } = await scenario.run({ dryRun: true }, environment());
    const nils = report.changes.filter(({ account }) => account === 'u_nils');
    expect(nils).toMatchObject([{ from: { globalRole: 'engineer' }, to: { globalRole: 'readonly' } }]);
    const global = (side: unknown) => (side as Access).globalRole;
    const pairs = [...Map.groupBy(report.changes, ({ account }) => account).values()].flatMap(
      ([first, second]) => (first && second ? [[global(first.to), global(second.from)]] : []),
    );
    expect(pairs.length).toBeGreaterThan(2);
    for (const [after, before] of pairs) expect(before).toBe(after);
  });

  test('members are read once, and every project is checked', async () => {
    await scenario.run({ dryRun: true }, environment());
    const paths = scenario.growthbook.requests.map(({ path }) => path);
    expect(paths.filter((path) => path === '/api/v1/members')).toHaveLength(1);
    expect(paths.filter((path) => path.startsWith('/api/v1/projects/')).toSorted()).toEqual([
      `/api/v1/projects/${EXPERIMENTS}`,
      `/api/v1/projects/${SEARCH}`,
    ]);
  });

  test('limits and hash cover the run', async () => {
    const one = (await scenario.run({ dryRun: true }, environment(both.slice(0, 1)))).report;
    const other = (await scenario.run({ dryRun: true }, environment(both.slice(1)))).report;
    const all = (await scenario.run({ dryRun: true }, environment())).report;
    const found = (report: typeof all) => report.limits.find(({ name }) => name === 'revokes')?.found ?? 0;
    const revokes = all.changes.filter(({ kind }) => kind === 'revoke');
    expect(found(all)).toBe(revokes.length);
    expect(new Set(revokes.map(({ project }) => project)).size).toBe(2);
    expect(new Set([one.planHash, other.planHash, all.planHash]).size).toBe(3);
    const strict = { ...environment(), SAFETY_MAX_COUNT: `${found(all) - 1}`, SAFETY_MAX_PERCENT: '0' };
    expect((await scenario.run({ dryRun: true }, strict)).report.outcome).toBe('refused');
  });

  test('a change that a plan file approves is approved on its project alone', async () => {
    const strict = { ...environment(), SAFETY_MAX_GAINED_COUNT: '0', SAFETY_MAX_GAINED_PERCENT: '0' };
    const shown = (await scenario.run({ dryRun: true }, strict)).report;
    const approved = shown.changes.filter(
      ({ account, project }) => account === 'u_cleo' && project === SEARCH,
    );
    expect(approved).toHaveLength(1);
    const file = { ...shown, changes: approved };
    const context = { job: 'growthbook-roles', now: scenario.clock.now() };
    const { report } = await scenario.run({ approval: approvalOf(file, 'asked for', context) }, strict);
    const cleo = report.changes.filter(({ account }) => account === 'u_cleo');
    expect(cleo.map(({ project, result }) => [project, result]).toSorted()).toEqual([
      [EXPERIMENTS, 'withheld'],
      [SEARCH, 'applied'],
    ]);
  });

  test('each decision is logged with its project', async () => {
    await scenario.run({ dryRun: true }, environment());
    const lines = scenario.lines.filter(({ event, account }) => event === 'decision' && account === 'u_bela');
    expect(lines.map(({ project, kind }) => [project, kind])).toEqual([
      [SEARCH, 'upgrade'],
      [EXPERIMENTS, 'unchanged'],
    ]);
  });

  test('a question is answered for each project', async () => {
    const { explanation } = await scenario.run({ explain: 'bela' }, environment());
    expect(
      explanation?.matches.map(({ rules }) => rules.find(({ answer }) => answer === 'yes')?.rule),
    ).toHaveLength(2);
  });
});

describe('a list of projects is refused', () => {
  test.each([
    ['a project twice', [both[0], both[0]], {}, /GROWTHBOOK_POLICY: .*prj_experiments occurs twice/],
    ['no project', [], {}, /GROWTHBOOK_POLICY: /],
    [
      'a fault of one policy, with the project’s name',
      [{ project: SEARCH, policy: { ...search, rules: [] } }],
      { GROWTHBOOK_PROJECT: SEARCH },
      /project prj_search: a policy document: rules/,
    ],
    [
      'a project of the settings that it does not have',
      [both[1]],
      { GROWTHBOOK_PROJECT: EXPERIMENTS },
      /GROWTHBOOK_PROJECT: found "prj_experiments", allowed: .*prj_search/,
    ],
  ])('for %s', async (_, policies, over, fault) => {
    const { report } = await scenario.run({}, { GROWTHBOOK_POLICY: JSON.stringify(policies), ...over });
    expect(report.outcome).toBe('invalid-settings');
    expect(report.error).toMatch(fault);
  });
});
