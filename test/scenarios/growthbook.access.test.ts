import { describe, expect } from 'vitest';
import { growthBookContent, PROJECT } from '../sandbox/growthbook/example.ts';
import type { GrowthBookContent, MemberSeed, ProjectRoleRow, TeamRow } from '../sandbox/growthbook/state.ts';
import { isWrite, openScenario, type Scenario } from './growthbook.ts';
import { test } from './harness.ts';

let scenario: Scenario;

const entry = (role: string, project = PROJECT): ProjectRoleRow => ({
  project,
  role,
  environments: [],
  limitAccessByEnvironment: false,
});
const team = (id: string, over: Partial<TeamRow> = {}): TeamRow => ({
  id,
  name: id,
  role: 'noaccess',
  environments: [],
  limitAccessByEnvironment: false,
  additionalRoles: [],
  projectRoles: [],
  ...over,
});
/** The example with some members as given. */
const withMembers = (over: Readonly<Record<string, Partial<MemberSeed>>>): GrowthBookContent => ({
  ...growthBookContent,
  members: growthBookContent.members.map((one) => ({ ...one, ...over[one.id] })),
});
const changeOf = (report: Awaited<ReturnType<Scenario['run']>>['report'], account: string) =>
  report.changes.find((one) => one.account === account);

describe('two entries for the project, as release 5.0.1 keeps them', () => {
  test.each([
    ['the highest last', ['noaccess', 'admin']],
    ['the highest first', ['admin', 'noaccess']],
    ['twice the same', ['admin', 'admin']],
  ])('are one entry after a run: %s', async (_, roles) => {
    const content = withMembers({ u_iris: { projectRoles: roles.map((role) => entry(role)) } });
    scenario = await openScenario({ content: { ...content, release: '5.0.1' } });
    const { report } = await scenario.run();
    expect(changeOf(report, 'u_iris')).toMatchObject({ kind: 'revoke', result: 'applied' });
    expect(scenario.growthbook.member('u_iris').projectRoles).toMatchObject([entry('noaccess')]);
    expect((await scenario.run()).report.outcome).toBe('unchanged');
  });
});

describe('a global role that the policy does not rank', () => {
  test('becomes noaccess and is never raised', async () => {
    const content = withMembers({ u_hiro: { role: 'Custom' } });
    scenario = await openScenario({
      content: { ...content, customRoles: [{ id: 'Custom' }, { id: 'CustomElevatedAccess' }] },
    });
    const { report } = await scenario.run();
    expect(changeOf(report, 'u_hiro')).toMatchObject({
      to: { globalRole: 'noaccess', projectRole: 'readonly' },
    });
    expect(scenario.growthbook.member('u_hiro').role).toBe('noaccess');
  });
});

describe('teams', () => {
  test('whose global role is above GROWTHBOOK_GLOBAL_ROLE are reported, the member having an entry', async () => {
    const content = withMembers({ u_dmitri: { teams: ['team_x'] } });
    scenario = await openScenario({
      content: { ...content, teams: [...(growthBookContent.teams ?? []), team('team_x', { role: 'admin' })] },
    });
    const { report } = await scenario.run({ dryRun: true });
    expect(report.notes).toContainEqual(
      expect.objectContaining({
        kind: 'team-granted',
        account: 'u_dmitri',
        because: expect.stringContaining('global role admin'),
      }),
    );
  });

  test.each([
    ['an empty list', []],
    ['a list without one of them', [team('team_y')]],
  ])('that members are in and that are not listed are a failed source: %s', async (_, teams) => {
    const content = withMembers({ u_dmitri: { teams: ['team_x'] } });
    scenario = await openScenario({ content: { ...content, teams } });
    const { report } = await scenario.run();
    expect([report.outcome, scenario.posts().length]).toEqual(['source-failed', 0]);
    expect(report.error).toContain('members are in team_x');
  });

  test('without an id are a failed source', async () => {
    scenario = await openScenario({ content: { ...growthBookContent, teams: [team('')] } });
    expect((await scenario.run()).report.outcome).toBe('source-failed');
  });

  test.each([
    ['an HTML page', '<html><title>Not found</title></html>'],
    ['another message', { message: 'no such page' }],
    ['nothing', ''],
  ])('that a proxy answers with 404 are a failed source: %s', async (_, body) => {
    scenario = await openScenario();
    scenario.growthbook.addFault({
      when: ({ path }) => path === '/api/v1/teams',
      effect: { kind: 'answer', answer: { status: 404, body } },
    });
    const { report } = await scenario.run();
    expect([report.outcome, scenario.posts().length]).toEqual(['source-failed', 0]);
  });

  test.each([
    [[], 'applied'],
    [['team_x'], 'source-failed'],
  ])('that this version does not have are none, if no member is in one: %j is %s', async (teams, outcome) => {
    const members = growthBookContent.members.map((one) => ({
      ...one,
      teams: one.id === 'u_iris' ? teams : [],
    }));
    scenario = await openScenario({ content: { ...growthBookContent, members } });
    const answer = { status: 404, body: { message: 'Unknown API endpoint' } };
    scenario.growthbook.addFault({
      when: ({ path }) => path === '/api/v1/teams',
      effect: { kind: 'answer', answer },
    });
    expect((await scenario.run()).report.outcome).toBe(outcome);
  });
});

describe('a role that nobody has', () => {
  const policy = (role: string) =>
    JSON.stringify({
      order: ['noaccess', 'readonly', 'CustomElevatedAccess', role, 'admin'],
      gate: { rule: 1, posix: 'analytics-privatedata-users' },
      rules: [
        { rule: 2, ldap: 'growthbook-admin', role: 'admin' },
        { rule: 3, ldap: 'growthbook-customelevatedaccess', role: 'CustomElevatedAccess' },
        { rule: 4, ldap: 'growthbook-readonly', role },
      ],
      otherwise: { rule: 5 },
    });
  const LIMITS = { SAFETY_MAX_COUNT: '50', SAFETY_MAX_GAINED_COUNT: '50' };

  test('and that GrowthBook does not have ends the run with its first write, a gain, and the rule is named', async () => {
    scenario = await openScenario();
    const { report } = await scenario.run({}, { ...LIMITS, GROWTHBOOK_POLICY: policy('Reader') });
    expect([report.outcome, report.exitCode, scenario.growthbook.writes.length]).toEqual(['failed', 1, 0]);
    expect(scenario.posts()).toHaveLength(1);
    expect(report.error).toContain('rule 4 gives the role Reader, which GrowthBook does not have');
    expect(report.changes.filter(({ result }) => result === 'withheld')).toHaveLength(
      report.changes.length - 1,
    );
  });

  test.each(['main', '5.0.1'] as const)('is named in the form of release %s', async (release) => {
    scenario = await openScenario({ content: { ...growthBookContent, release } });
    const { report } = await scenario.run({}, { ...LIMITS, GROWTHBOOK_POLICY: policy('Reader') });
    expect(report.error).toContain('rule 4 gives the role Reader');
    expect(scenario.posts()).toHaveLength(1);
  });

  test('and that GrowthBook has is written first, then the losses', async () => {
    const customRoles = [{ id: 'CustomElevatedAccess' }, { id: 'Reader' }];
    scenario = await openScenario({ content: { ...growthBookContent, customRoles } });
    const { report } = await scenario.run({}, { ...LIMITS, GROWTHBOOK_POLICY: policy('Reader') });
    expect(report.outcome).toBe('applied');
    const [first, second] = scenario.growthbook.writes.map(
      ({ memberId }) => changeOf(report, memberId)?.kind,
    );
    expect(['upgrade', 'grant']).toContain(first);
    expect(second).toBe('revoke');
  });

  test('is tried on the next account where the first one is stale', async () => {
    const customRoles = [{ id: 'CustomElevatedAccess' }, { id: 'Reader' }];
    scenario = await openScenario({ content: { ...growthBookContent, customRoles } });
    let first: string | undefined;
    scenario.growthbook.state.before = ({ path, query }) => {
      const address = path === '/api/v1/members' ? query.get('userEmail') : null;
      if (address === null || first !== undefined) return;
      first = `u_${address.split('@')[0]}`;
      Object.assign(scenario.growthbook.member(first), { role: 'collaborator' });
    };
    const { report } = await scenario.run({}, { ...LIMITS, GROWTHBOOK_POLICY: policy('Reader') });
    expect(changeOf(report, first ?? '')).toMatchObject({ result: 'withheld' });
    expect(changeOf(report, scenario.growthbook.writes[0]?.memberId ?? '')?.to).toMatchObject({
      projectRole: 'Reader',
    });
  });
});

describe('people who sign in for the first time', () => {
  test('and who get access before the next run are noted', async () => {
    const defaultRole = { role: 'collaborator', environments: [], limitAccessByEnvironment: false };
    scenario = await openScenario({ content: { ...growthBookContent, defaultRole } });
    expect((await scenario.run({ dryRun: true })).report.notes).toContainEqual(
      expect.objectContaining({ kind: 'default-role', label: 'collaborator' }),
    );
  });

  test.each([403, 404, 500])('are no reason to fail where the settings answer %i', async (status) => {
    scenario = await openScenario();
    scenario.growthbook.addFault({
      when: ({ path }) => path === '/api/v1/settings',
      effect: { kind: 'answer', answer: { status, body: {} } },
    });
    const { report } = await scenario.run();
    expect(report.outcome).toBe('applied');
    expect(report.notes.some(({ kind }) => kind === 'default-role')).toBe(false);
  });
});

test('rows that GrowthBook completes on its first write are not taken for changed', async () => {
  scenario = await openScenario({ content: { ...growthBookContent, bareRows: true } });
  scenario.growthbook.state.before = (request) => {
    if (isWrite()(request)) scenario.clock.advance(11_000);
  };
  const { report } = await scenario.run();
  expect(report.changes.every(({ result }) => result === 'applied')).toBe(true);
});

test('a member who joins and one who leaves between two pages are noticed, and the list is read once more', async () => {
  const many = Array.from(
    { length: 150 },
    (_, n): MemberSeed => ({
      id: `v_${String(n).padStart(3, '0')}`,
      email: `v${n}@elsewhere.example`,
      role: 'noaccess',
    }),
  );
  scenario = await openScenario({
    content: { ...growthBookContent, members: [...growthBookContent.members, ...many] },
  });
  let reads = 0;
  scenario.growthbook.state.before = ({ path }) => {
    if (path !== '/api/v1/members') return;
    reads += 1;
    if (reads !== 2) return;
    const { state } = scenario.growthbook;
    state.members = state.members.filter(({ id }) => id !== 'u_iris');
    state.users.set('v_999', { email: 'v999@elsewhere.example', dateCreated: '2026-06-01T00:00:00.000Z' });
    state.members = [...state.members, { id: 'v_999', role: 'noaccess' }];
  };
  const { report } = await scenario.run({ dryRun: true });
  expect(report.outcome).toBe('planned');
  expect(changeOf(report, 'u_iris')).toBeUndefined();
  expect(reads).toBe(4);
});
