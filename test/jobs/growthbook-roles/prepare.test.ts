import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { prepare, type RoleFacts, resolve } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { resolveProjects } from '../../../src/jobs/growthbook-roles/resolve-projects.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import { entry, type FactSeed, facts, GATE, member, PROJECT, person, team } from '../../fixtures.ts';

const policy = policyAt(defaultPolicy(), 0);
const access = { order: policy.order, project: PROJECT, maxGlobalRole: 'readonly' };
const rules = { policy, access, protectedMembers: ['Root@example.org'] };
const READERS = 'growthbook-readonly';
const readers = (...uids: readonly string[]): Pick<FactSeed, 'groups' | 'posix'> => ({
  groups: { [READERS]: uids },
  posix: { [GATE]: uids },
});
const reader = (uid: string) => ({
  role: 'readonly',
  rule: 4,
  because: `${uid} is in LDAP ${READERS}`,
  groups: [`ldap:${READERS}`, `posix:${GATE}`],
  unknown: null,
});
const nobody = {
  role: 'noaccess',
  rule: 5,
  because: 'no person of the policy’s LDAP groups has this address',
  groups: [],
  unknown: null,
};

describe('the case of a member', () => {
  const caseOf = (seed: FactSeed) => prepare(facts(seed), rules).cases[0];

  test('has what the policy gives its person, and its teams in its own order', () => {
    const row = member('ann', { email: 'ANN@example.org', teams: ['t2', 'gone', 't1'] });
    const teams = [team('t1'), team('t2'), team('t3')];
    expect(caseOf({ members: [row], people: [person('ann')], teams, ...readers('ann') })).toEqual({
      member: row,
      address: 'ann@example.org',
      ambiguous: undefined,
      teams: [team('t2'), team('t1')],
      roleDecisions: [reader('ann')],
    });
  });

  test('without a person has nothing', () => {
    expect(caseOf({ members: [member('ann')] })).toMatchObject({ teams: [], roleDecisions: [] });
  });

  test('that is ambiguous has what the policy gives each person', () => {
    const people = [person('p'), person('q', { mails: ['p@example.org'] })];
    const found = caseOf({ members: [member('p')], people, ...readers('q') });
    expect(found?.ambiguous).toBe('several people have this address: p, q');
    expect(found?.roleDecisions.map(({ role }) => role)).toEqual(['noaccess', 'readonly']);
  });

  test('whose person cannot be read does not know what that gives', () => {
    const people = [person('ann', { unreadable: 'two uids' })];
    const found = caseOf({ members: [member('ann')], people, ...readers('ann') });
    expect(found?.roleDecisions).toEqual([{ ...nobody, unknown: 'two uids' }]);
  });
});

test('somebody without a member waits for the first sign-in, by the first address or the uid', () => {
  const people = [
    person('ann', { mails: ['b@example.org', 'a@example.org'] }),
    person('bob', { mails: [] }),
    person('eve'),
    person('odd', { unreadable: 'two uids' }),
  ];
  const { pending } = prepare(facts({ people, ...readers('ann', 'bob', 'odd') }), rules);
  const waiting = (uid: string, label: string) => ({
    account: uid,
    row: null,
    label,
    kind: 'pending-sign-in',
    from: null,
    to: null,
    rule: 4,
    because: `gets readonly at the first sign-in: ${reader(uid).because}`,
    groups: reader(uid).groups,
    atSignIn: 'readonly',
  });
  expect(pending).toEqual([waiting('ann', 'a@example.org'), waiting('bob', 'bob')]);
});

/** Facts with something to note of each kind. */
const noted: RoleFacts = {
  ...facts({
    members: [
      member('ann', { teams: ['t'], projectRoles: [entry('readonly')] }),
      member('p', { projectRoles: [entry('admin')] }),
    ],
    people: [
      person('ann'),
      person('p'),
      person('q', { mails: ['p@example.org'] }),
      person('odd', { unreadable: 'two uids' }),
      person('cid'),
    ],
    teams: [team('t', { projectRoles: [entry('admin')] })],
    groups: { [READERS]: ['ann'] },
    posix: { [GATE]: ['ann', 'CID'] },
  }),
  defaultRole: 'collaborator',
};
const expiring = {
  ...policy,
  expired: [{ rule: 9, when: { ldap: 'x' }, role: 'admin', expires: '1970-01-01' }],
};

describe('notes', () => {
  test('are those of each member, then those of the run', () => {
    const { notes } = resolve(noted, { ...rules, policy: expiring });
    expect(notes.map(({ kind, account, label }) => [kind, account ?? label])).toEqual([
      ['team-granted', 'ann'],
      ['ambiguous', 'p'],
      ['protected', 'Root@example.org'],
      ['unreadable', person('odd').dn],
      ['spelling', 'cid'],
      [expect.any(String), expect.any(String)],
      ['default-role', 'collaborator'],
    ]);
  });

  test('of several projects are there once, and those of each project apart', () => {
    const projects = {
      areNamed: true,
      all: ['prj_a', 'prj_b'].map((project) => ({
        policy: expiring,
        access: { ...access, project, otherProjects: [project === 'prj_a' ? 'prj_b' : 'prj_a'] },
      })),
    };
    const { notes } = resolveProjects(noted, projects, ['Root@example.org']);
    expect(notes.map(({ kind, account, label, key }) => [kind, account ?? label, key])).toEqual([
      ['team-granted', 'ann', 't:admin:prj_a'],
      ['ambiguous', 'p', undefined],
      ['protected', 'Root@example.org', undefined],
      ['unreadable', person('odd').dn, undefined],
      ['spelling', 'cid', undefined],
      [expect.any(String), expect.any(String), undefined],
      ['default-role', 'collaborator', undefined],
    ]);
  });
});

describe('the projects of a run', () => {
  const project = (id: string, others?: readonly string[]) => ({
    policy,
    access: { ...access, project: id, ...(others ? { otherProjects: others } : {}) },
  });
  const named = { areNamed: true, all: [project('prj_a', ['prj_b']), project('prj_b', ['prj_a'])] };

  test('that are one without a name are resolved as one', () => {
    const found = resolveProjects(noted, { areNamed: false, all: [project(PROJECT)] }, ['Root@example.org']);
    expect(found).toEqual(resolve(noted, rules));
    expect(found.decisions[0]).not.toHaveProperty('project');
  });

  test('that are a list of one have its name in each decision', () => {
    const found = resolveProjects(noted, { areNamed: true, all: [project(PROJECT, [])] }, []);
    expect(found.decisions.map((one) => one.project)).toEqual([PROJECT, PROJECT]);
  });

  test('protect the same members, in any spelling', () => {
    const read = facts({ members: [member('root', { globalRole: 'admin' })] });
    const { decisions } = resolveProjects(read, named, ['ROOT@example.org']);
    expect(decisions.map(({ project: id, kind }) => [id, kind])).toEqual([
      ['prj_a', 'skipped'],
      ['prj_b', 'skipped'],
    ]);
  });

  test('change a member one after the other: losses first, and what is lowered stays lowered', () => {
    const row = member('ann', { globalRole: 'admin', projectRoles: [entry('admin', 'prj_b')] });
    const read = facts({ members: [row, member('bob')], people: [person('ann')], ...readers('ann') });
    const { decisions } = resolveProjects(read, named, []);
    const shown = decisions.map(({ account, project: id, kind, from, to }) => [
      account,
      id,
      kind,
      from?.globalRole,
      to?.globalRole,
    ]);
    expect(shown).toEqual([
      ['ann', 'prj_a', 'downgrade', 'admin', 'readonly'],
      ['ann', 'prj_b', 'downgrade', 'readonly', 'readonly'],
      ['bob', 'prj_a', 'unchanged', 'noaccess', 'noaccess'],
      ['bob', 'prj_b', 'unchanged', 'noaccess', 'noaccess'],
    ]);
  });
});
