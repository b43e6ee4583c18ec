import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LdapPerson } from '../../../src/directories/ldap/groups-and-people.ts';
import type { Decision } from '../../../src/engine/model.ts';
import { isChange, makePlan } from '../../../src/engine/plan.ts';
import { matchMembers } from '../../../src/jobs/growthbook-roles/match.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { type RoleFacts, resolve } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { canonicalJson } from '../../../src/platform/canonical-json.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { type Access, projectRoleOf } from '../../../src/targets/growthbook/access.ts';
import { afterWrite } from '../../../src/targets/growthbook/role-update.ts';
import type { Member, ProjectRole, Team } from '../../../src/targets/growthbook/schema.ts';
import { entry, type FactSeed, facts, GATE, member, PROJECT, person, team } from '../../fixtures.ts';
import { effectiveAccess, gained } from '../../sandbox/growthbook/access.ts';

const policy = defaultPolicy();
const NOW = Date.parse('2026-01-15');
const [ADMIN, CUSTOM, READ] = [
  'growthbook-admin',
  'growthbook-customelevatedaccess',
  'growthbook-readonly',
] as const;
const ALL = { [ADMIN]: [], [CUSTOM]: [], [READ]: [] };

interface Options {
  readonly maxGlobalRole?: string;
  readonly protectedMembers?: readonly string[];
  readonly policy?: Policy;
}
const resolved = (read: RoleFacts, options: Options = {}) => {
  const { maxGlobalRole = 'readonly', protectedMembers = [], policy: rules = policy } = options;
  return resolve(read, {
    policy: policyAt(rules, NOW),
    access: { order: rules.order, project: PROJECT, maxGlobalRole },
    protectedMembers,
  });
};
/** The decision on the first member of the seed. */
const decided = (seed: FactSeed, options: Options = {}): Decision<Access> => {
  const [first] = resolved(facts(seed), options).decisions;
  if (!first) throw new Error('nothing was decided');
  return first;
};

/** Ann, inside the gate, in these LDAP groups. */
const ann = (groups: readonly string[] = [READ], over: Partial<LdapPerson> = {}) => ({
  people: [person('ann', over)],
  groups: { ...ALL, ...Object.fromEntries(groups.map((group) => [group, ['ann']])) },
  posix: { [GATE]: ['ann'], deployment: ['ann'] },
});

describe('one decision for each member', () => {
  test.each([
    ['readonly, desired readonly', [READ], 'readonly', 'unchanged', 4, 'readonly'],
    ['nothing, desired readonly', [READ], 'noaccess', 'grant', 4, 'readonly'],
    ['readonly, desired custom', [CUSTOM], 'readonly', 'upgrade', 3, 'CustomElevatedAccess'],
    ['admin, desired custom', [CUSTOM], 'admin', 'downgrade', 3, 'CustomElevatedAccess'],
    ['admin, desired admin', [ADMIN, READ], 'admin', 'unchanged', 2, 'admin'],
    ['readonly, desired nothing', [], 'readonly', 'revoke', 5, 'noaccess'],
    ['nothing, desired nothing', [], 'noaccess', 'unchanged', 5, 'noaccess'],
  ])('%s', (_, groups, own, kind, rule, role) => {
    const found = decided({ ...ann(groups), members: [member('ann', { projectRoles: [entry(own)] })] });
    expect(found).toMatchObject({ account: 'ann', label: 'ann@example.org', kind, rule });
    expect(found.to?.projectRole).toBe(role);
    expect(found.from?.projectRole).toBe(own);
  });

  test.each([
    ['is outside the gate', { posix: { [GATE]: [] } }],
    ['is disabled in LDAP', { people: [person('ann', { disabled: true })] }],
    ['is ensure: absent', { absent: ['ann'] }],
    ['has a uid in another case in data.yaml', { posix: { [GATE]: ['Ann'] } }],
  ])('rule 1 where the person %s', (_, over) => {
    const seed = { ...ann([ADMIN, READ]), members: [member('ann', { projectRoles: [entry('admin')] })] };
    expect(decided({ ...seed, ...over })).toMatchObject({ kind: 'revoke', rule: 1, groups: [] });
  });

  test('rule 5 where no directory knows the member, whatever the names look like', () => {
    const stranger = member('ann', { email: 'ann@example.com', globalRole: 'admin' });
    expect(decided({ ...ann([ADMIN]), members: [stranger] })).toMatchObject({ kind: 'revoke', rule: 5 });
  });

  test.each(['', ' '])('rule 5 where a row has no address (%j), shown by its id', (email) => {
    const row = member('ann', { email, globalRole: 'readonly' });
    const found = decided({ ...ann([READ]), members: [row] });
    expect(found).toMatchObject({ kind: 'revoke', rule: 5, label: row.id });
  });

  test('every change carries its rule, a sentence and its groups', () => {
    const found = decided({ ...ann([CUSTOM]), members: [member('ann')] });
    expect(found).toMatchObject({
      rule: 3,
      because: `ann is in LDAP ${CUSTOM} and in POSIX deployment`,
      groups: [`ldap:${CUSTOM}`, 'posix:deployment', `posix:${GATE}`],
    });
  });

  test.each([
    ['a custom role', [CUSTOM], 'engineer', true],
    ['a role that cannot be limited', [READ], 'engineer', false],
  ])('a change to %s says whether an environment limit is lost', (_, groups, role, isLost) => {
    const limited = { ...entry(role), limitAccessByEnvironment: true, environments: ['dev'] };
    const found = decided({ ...ann(groups), members: [member('ann', { projectRoles: [limited] })] });
    expect(found.because.includes('the limit to dev is lost')).toBe(isLost);
  });

  test('with the pin at noaccess the global role is taken, too', () => {
    const row = member('ann', { globalRole: 'readonly', projectRoles: [entry('readonly')] });
    expect(decided({ ...ann(), members: [row] }, { maxGlobalRole: 'noaccess' })).toMatchObject({
      kind: 'downgrade',
      to: { globalRole: 'noaccess', projectRole: 'readonly' },
    });
  });
});

const admin = { projectRoles: [entry('admin')] };
const none = { limitAccessByEnvironment: true, environments: [] };

describe('skipped, with the reason, and the desired role', () => {
  test.each([
    ['an identity provider manages the member', { ...admin, managedbyIdp: true }, /identity provider/],
    [
      'another project occurs twice in the row',
      { projectRoles: [entry('admin'), entry('readonly', 'prj_b'), entry('admin', 'prj_b')] },
      /there are two entries for project prj_b/,
    ],
    [
      'the row has a limit to no environment at all',
      { projectRoles: [entry('admin'), entry('engineer', 'prj_b', none)] },
      /no environment at all/,
    ],
  ])('%s', (_, over, reason) => {
    const found = decided({ ...ann(), members: [member('ann', over)] });
    expect(found).toMatchObject({ kind: 'skipped', rule: 4 });
    expect(found.to).toEqual(found.from);
    expect(found.because).toMatch(reason);
    expect(found.because).toContain('admin → readonly');
  });

  test.each([
    ['an identity provider manages the member', { managedbyIdp: true }],
    ['another project occurs twice', { projectRoles: [entry('engineer', 'prj_b'), entry('admin', 'prj_b')] }],
    ['a limit can’t be expressed', { projectRoles: [entry('engineer', 'prj_b', none)] }],
  ])('only where the role would change: unchanged although %s', (_, over) => {
    expect(decided({ ...ann(), members: [member('ann', { globalRole: 'readonly', ...over })] }).kind).toBe(
      'unchanged',
    );
  });

  test('of two entries for our own project the highest counts, and the other one is taken away', () => {
    const row = member('ann', { projectRoles: [entry('readonly'), entry('admin')] });
    expect(decided({ ...ann(), members: [row] }).kind).toBe('downgrade');
    expect(decided({ ...ann([CUSTOM]), members: [row] }).kind).toBe('downgrade');
    expect(decided({ ...ann([ADMIN]), members: [row] })).toMatchObject({
      kind: 'downgrade',
      to: { projectRole: 'admin', additionalRoles: [] },
    });
    expect(
      decided({ members: [member('bob', { projectRoles: [entry('noaccess'), entry('admin')] })] }),
    ).toMatchObject({
      kind: 'revoke',
      from: { projectRole: 'admin', additionalRoles: ['noaccess'] },
    });
  });
});

describe('ambiguity never gives, and never keeps', () => {
  /** Ann and Bob have one address; each is in these groups. */
  const annOrBob = (inAnn: readonly string[], inBob: readonly string[], own: string) => ({
    people: [person('ann'), person('bob', { mails: ['bob@example.org', 'ann@example.org'] })],
    groups: Object.fromEntries(
      [ADMIN, CUSTOM, READ].map((group) => [
        group,
        [...(inAnn.includes(group) ? ['ann'] : []), ...(inBob.includes(group) ? ['bob'] : [])],
      ]),
    ),
    posix: { [GATE]: ['ann', 'bob'], deployment: ['ann', 'bob'] },
    members: [member('ann', { globalRole: 'readonly', projectRoles: [entry(own)] })],
  });

  test.each([
    ['admin', [], [], 'revoke', 'noaccess', 5],
    ['admin', [READ], [], 'downgrade', 'readonly', 4],
    ['admin', [READ], [CUSTOM], 'downgrade', 'CustomElevatedAccess', 3],
    ['admin', [READ], [ADMIN], 'skipped', 'admin', null],
    ['readonly', [READ], [ADMIN], 'skipped', 'readonly', null],
    ['noaccess', [ADMIN], [ADMIN], 'skipped', 'noaccess', null],
    ['readonly', [], [], 'revoke', 'noaccess', 5],
    ['noaccess', [], [], 'skipped', 'noaccess', null],
    ['superhero', [ADMIN], [], 'revoke', 'noaccess', 2],
  ])('%s; the policy gives one %j, the other %j: %s, %s', (own, inAnn, inBob, kind, role, rule) => {
    const { decisions, notes } = resolved(facts(annOrBob(inAnn, inBob, own)));
    expect(decisions).toMatchObject([
      {
        kind,
        rule,
        to: { projectRole: role },
        because: expect.stringMatching(/people have this address.*ann, bob/),
      },
    ]);
    expect(notes.map((note) => note.kind)).toEqual(kind === 'skipped' ? [] : ['ambiguous']);
  });

  test('a global role above the limit is lowered, though the project’s role is not', () => {
    const seed = annOrBob([READ], [READ], 'readonly');
    const members = [member('ann', { globalRole: 'admin', projectRoles: [entry('readonly')] })];
    expect(decided({ ...seed, members })).toMatchObject({
      kind: 'downgrade',
      to: { globalRole: 'readonly', projectRole: 'readonly' },
    });
  });

  test('two members with one address, of one person: each is lowered to what the policy gives the person', () => {
    const members = [
      member('u1', { email: 'ann@example.org' }),
      member('u2', { email: 'Ann@example.org', ...admin }),
    ];
    const { decisions, notes } = resolved(facts({ ...ann(), members }));
    expect(decisions).toMatchObject([
      { account: 'u1', kind: 'skipped' },
      { account: 'u2', kind: 'downgrade', to: { projectRole: 'readonly' }, rule: 4 },
    ]);
    expect(notes).toMatchObject([{ kind: 'ambiguous', account: 'u2' }]);
  });

  test('a leaver with a second account keeps nothing on either', () => {
    const seed = ann([], { mails: ['a@example.org', 'b@example.org'] });
    const members = [
      member('u1', { email: 'a@example.org', ...admin }),
      member('u2', { email: 'b@example.org', ...admin }),
    ];
    expect(resolved(facts({ ...seed, members })).decisions).toMatchObject([
      { account: 'u1', kind: 'revoke', rule: 5 },
      { account: 'u2', kind: 'revoke', rule: 5 },
    ]);
  });

  test('two members with an address that is nobody’s lose what they hold', () => {
    const members = ['u1', 'u2'].map((id) => member(id, { email: 'x@example.org', ...admin }));
    expect(resolved(facts({ members })).decisions.map(({ kind }) => kind)).toEqual(['revoke', 'revoke']);
  });

  test('a protected member stays, and the reason names both', () => {
    const found = decided(annOrBob([], [], 'admin'), { protectedMembers: ['ann@example.org'] });
    expect(found).toMatchObject({ kind: 'skipped', to: { projectRole: 'admin' } });
    expect(found.because).toMatch(/GROWTHBOOK_PROTECTED_MEMBERS.*people have this address/);
  });
});

describe('a person entry that cannot be read as one person', () => {
  const unreadable = 'uid=ann+uid=eve: a person needs exactly one uid (found ann, eve)';

  test('has its accounts skipped with the reason, and nobody else waits', () => {
    const people = [person('ann and eve', { mails: ['ann@example.org'], unreadable }), person('bob')];
    const members = [member('ann', admin), member('bob', admin)];
    const { decisions } = resolved(facts({ people, members, groups: { [ADMIN]: ['ann and eve'] } }));
    expect(decisions).toMatchObject([
      { account: 'ann', kind: 'skipped', rule: null, because: unreadable },
      { account: 'bob', kind: 'revoke' },
    ]);
  });

  test('is noted where no member is found for it, and the policy gives nothing', () => {
    const { decisions, notes } = resolved(facts(ann([ADMIN], { unreadable })));
    expect(decisions).toEqual([]);
    expect(notes).toMatchObject([{ kind: 'unreadable', account: null, because: unreadable }]);
  });

  test('leaves a member whom it shares with somebody else as it is: it could give anything', () => {
    const people = [person('ann', { unreadable }), person('bob', { mails: ['ann@example.org'] })];
    expect(decided({ people, members: [member('ann', admin)] })).toMatchObject({
      kind: 'skipped',
      because: expect.stringMatching(/several people.*exactly one uid/),
    });
  });
});

describe('what is not known changes nothing', () => {
  test('a group of the policy that was not read: skipped, though the rest gives less', () => {
    const read = facts({ ...ann(), members: [member('ann', admin)] });
    const membersOf = new Map([...read.membersOf].filter(([group]) => group !== ADMIN));
    expect(resolved({ ...read, membersOf }).decisions).toMatchObject([
      { kind: 'skipped', rule: null, because: expect.stringContaining(`rule 2: LDAP ${ADMIN}: not read`) },
    ]);
  });
});

describe('a role that is not in the order', () => {
  const superhero = member('ann', { projectRoles: [entry('superhero')] });

  test('may be left for a gain: the loss is marked, and its reason says so', () => {
    expect(decided({ ...ann(), members: [superhero] })).toMatchObject({
      kind: 'downgrade',
      mayGain: true,
      because: expect.stringContaining('superhero is not in the policy’s order'),
    });
  });

  test('is no gain to leave for noaccess', () => {
    const found = decided({ ...ann([]), members: [superhero] });
    expect(found.kind).toBe('revoke');
    expect(found).not.toHaveProperty('mayGain');
  });

  test('a global one counts where it is what counts on the project', () => {
    const row = member('ann', { globalRole: 'superhero' });
    expect(decided({ ...ann(), members: [row] })).toMatchObject({ kind: 'downgrade', mayGain: true });
  });
});

describe('protected members', () => {
  const protectedMembers = ['ann@example.org'];

  test.each([
    ['ann@example.org', [], /desired revoke admin → noaccess/],
    ['ANN@Example.org', [READ], /desired downgrade admin → readonly/],
    [' ann@example.org', [ADMIN], /desired admin, as now/],
  ])('%j is never written, always listed, with the desired role', (email, groups, desired) => {
    const found = decided(
      { ...ann(groups), members: [member('u', { email, ...admin })] },
      { protectedMembers },
    );
    expect(found.kind).toBe('skipped');
    expect(found.because).toMatch(/GROWTHBOOK_PROTECTED_MEMBERS/);
    expect(found.because).toMatch(desired);
    expect(found.to).toEqual(found.from);
  });

  test.each([
    ['ann@b\u00fccher.example', 'Ann@XN--BCHER-KVA.example'],
    ['ren\u00e9@example.org', 'RENE\u0301@example.org'],
  ])('%j is protected as %j', (email, protectedAs) => {
    const row = member('u', { email, ...admin });
    expect(decided({ members: [row] }, { protectedMembers: [protectedAs] })).toMatchObject({
      kind: 'skipped',
    });
  });

  test('a protected address that is nobody’s is noted', () => {
    const read = facts({ ...ann(), members: [member('ann')] });
    expect(resolved(read, { protectedMembers: ['ann@example.org', 'gone@example.org'] }).notes).toMatchObject(
      [{ kind: 'protected', account: null, label: 'gone@example.org' }],
    );
  });

  test('nobody else is protected', () => {
    const row = member('u', { email: 'joann@example.org', ...admin });
    expect(decided({ members: [row] }, { protectedMembers }).kind).toBe('revoke');
  });
});

describe('a uid that differs from data.yaml in case alone', () => {
  test.each([
    ['member', { posix: { [GATE]: ['Ann'] } }, { account: 'u', label: 'ann@example.org' }],
    ['absent user', { posix: {}, absent: ['ANN'] }, { account: 'u', label: 'ann@example.org' }],
  ])('as a %s there: the person has nothing, and a note says why', (_, over, about) => {
    const row = member('u', { email: 'ann@example.org', projectRoles: [entry('readonly')] });
    const { decisions, notes } = resolved(facts({ ...ann(), members: [row], ...over }));
    expect(decisions).toMatchObject([{ kind: 'revoke', rule: 1 }]);
    expect(notes).toMatchObject([
      { kind: 'spelling', ...about, because: expect.stringMatching(/uid ann, data\.yaml A[nN]{2}/) },
    ]);
  });

  test('is noted of somebody who has no member, too', () => {
    expect(resolved(facts({ ...ann(), posix: { deployment: ['Ann'] } })).notes).toMatchObject([
      { kind: 'spelling', account: null, label: 'ann' },
    ]);
  });

  test('is not noted where data.yaml has the uid as well', () => {
    const posix = { [GATE]: ['ann'], deployment: ['Ann'] };
    expect(resolved(facts({ ...ann(), posix })).notes).toEqual([]);
  });
});

describe('pending-sign-in', () => {
  test('a person who should have a role and has no member is reported', () => {
    expect(resolved(facts(ann([CUSTOM]))).decisions).toEqual([
      {
        account: 'ann',
        row: null,
        label: 'ann@example.org',
        kind: 'pending-sign-in',
        atSignIn: 'CustomElevatedAccess',
        from: null,
        to: null,
        rule: 3,
        because: expect.stringContaining('CustomElevatedAccess'),
        groups: [`ldap:${CUSTOM}`, 'posix:deployment', `posix:${GATE}`],
      },
    ]);
  });

  test.each([
    ['to whom the policy gives nothing', ann([])],
    ['who is outside the gate', { ...ann([ADMIN]), posix: {} }],
    ['who is disabled', ann([ADMIN], { disabled: true })],
  ])('not somebody %s', (_, seed) => {
    expect(resolved(facts(seed)).decisions).toEqual([]);
  });

  test('somebody without any address has the uid', () => {
    expect(resolved(facts(ann([READ], { mails: [] }))).decisions).toMatchObject([{ label: 'ann' }]);
  });
});

describe('a loss that would widen what the member can do is skipped', () => {
  const rules = [{ rule: 4, when: { ldap: READ }, role: 'engineer' }];
  const engineers = { policy: { ...policy, rules } };
  const dev = { limitAccessByEnvironment: true, environments: ['dev'] };
  const inTeam = { teams: ['t'] };

  test('from one environment to all, where a limited global role becomes an entry', () => {
    const row = member('ann', { globalRole: 'engineer', ...dev });
    expect(decided({ ...ann(), members: [row] }, engineers)).toMatchObject({
      kind: 'skipped',
      because: expect.stringContaining('widen'),
    });
  });

  test('from a team’s entry alone to the member’s own beside it', () => {
    const row = member('ann', { globalRole: 'engineer', ...inTeam });
    const teams = [team('t', { projectRoles: [entry('noaccess')] })];
    expect(decided({ ...ann(), members: [row], teams }).because).toContain('widen');
  });

  test('not where the same team gives as much', () => {
    const row = member('ann', { globalRole: 'engineer', ...inTeam });
    const teams = [team('t', { projectRoles: [entry('readonly')] })];
    expect(decided({ ...ann(), members: [row], teams }).kind).toBe('downgrade');
  });

  test('not where the limit is kept', () => {
    const row = member('ann', { projectRoles: [entry('experimenter', PROJECT, dev)] });
    expect(decided({ ...ann(), members: [row] }, engineers).kind).toBe('downgrade');
  });

  test('not where the rank falls, though a limit goes', () => {
    const row = member('ann', { projectRoles: [entry('engineer', PROJECT, dev)] });
    expect(decided({ ...ann(), members: [row] }).kind).toBe('downgrade');
  });

  test('a gain may widen', () => {
    const row = member('ann', { projectRoles: [entry('readonly')] });
    expect(decided({ ...ann([ADMIN]), members: [row] }).kind).toBe('upgrade');
  });
});

describe('teams count in the notes, not in the kinds', () => {
  const row = member('ann', { teams: ['t'], projectRoles: [entry('readonly')] });

  test('a team that gives more than the policy is noted', () => {
    const teams = [team('t', { name: 'Search', projectRoles: [entry('admin')] })];
    const { decisions, notes } = resolved(facts({ ...ann(), members: [row], teams }));
    expect(decisions).toMatchObject([{ kind: 'unchanged' }]);
    expect(notes).toEqual([
      {
        kind: 'team-granted',
        account: 'ann',
        label: 'ann@example.org',
        key: 't:admin:prj_a',
        because: expect.stringMatching(/Search.*admin.*readonly/),
      },
    ]);
  });

  test.each([
    ['as much', [team('t', { projectRoles: [entry('readonly')] })]],
    ['nothing on this project, the member having an entry', [team('t', { role: 'readonly' })]],
    ['more on another project', [team('t', { projectRoles: [entry('admin', 'prj_b')] })]],
  ])('a team that gives %s is not', (_, teams) => {
    expect(resolved(facts({ ...ann(), members: [row], teams })).notes).toEqual([]);
  });

  test.each([
    ['its global role', { role: 'admin' }],
    [
      'an additional role',
      { additionalRoles: [{ role: 'admin', environments: [], limitAccessByEnvironment: false }] },
    ],
  ])('a team is always noted whose member is more than GROWTHBOOK_GLOBAL_ROLE by %s', (_, over) => {
    const teams = [team('t', { name: 'Search', ...over })];
    expect(resolved(facts({ ...ann(), members: [row], teams })).notes).toMatchObject([
      {
        kind: 'team-granted',
        because: expect.stringMatching(/Search gives the global role admin, more than readonly/),
      },
    ]);
  });

  test('a team that stays in force after a revoke is noted', () => {
    const teams = [team('t', { name: 'Search', projectRoles: [entry('engineer')] })];
    const { decisions, notes } = resolved(facts({ ...ann([]), members: [row], teams }));
    expect(decisions).toMatchObject([{ kind: 'revoke' }]);
    expect(notes).toMatchObject([{ kind: 'team-granted' }]);
  });
});

const role = fc.constantFrom(...policy.order, 'superhero');
const limited = fc
  .record({ role, environments: fc.subarray(['dev', 'production']), limitAccessByEnvironment: fc.boolean() })
  .map((row) =>
    ['engineer', 'experimenter', 'CustomElevatedAccess'].includes(row.role)
      ? row
      : { ...row, environments: [], limitAccessByEnvironment: false },
  );
const additional = fc.array(limited, { maxLength: 1 });
const projectRoles = fc.uniqueArray(
  fc
    .record({ row: limited, project: fc.constantFrom(PROJECT, 'prj_b'), more: additional })
    .map(({ row, project, more }): ProjectRole => ({ ...row, project, additionalRoles: more })),
  { maxLength: 2, selector: ({ project }) => project },
);
const someone = fc.record({
  row: limited,
  additional,
  projectRoles,
  teams: fc.subarray(['t1', 't2']),
  managedbyIdp: fc.boolean(),
  signedIn: fc.boolean(),
  /** Which address the member's row has: its own, the next person's, or nobody's. */
  address: fc.constantFrom('own', 'own', 'own', 'next', 'nobody'),
  ldap: fc.subarray([ADMIN, CUSTOM, READ]),
  posix: fc.subarray([GATE, GATE, 'deployment', 'analytics-product-users']),
  disabled: fc.boolean(),
  absent: fc.boolean(),
  /** The person has the next one's address, too. */
  shares: fc.constantFrom(false, false, false, true),
});
const organisation = fc.record({
  people: fc.array(someone, { minLength: 1, maxLength: 7 }),
  teams: fc.tuple(fc.tuple(limited, projectRoles), fc.tuple(limited, projectRoles)),
});
type Organisation = typeof organisation extends fc.Arbitrary<infer T> ? T : never;

const namesOf = (people: Organisation['people'], field: 'ldap' | 'posix', name: string) =>
  people.flatMap((one, n) => ((one[field] as readonly string[]).includes(name) ? [`p${n}`] : []));
const addressOf = ({ address }: Organisation['people'][number], n: number) =>
  address === 'nobody' ? `x${n}@example.org` : `P${address === 'own' ? n : n + 1}@example.org`;

function factsOf({ people, teams }: Organisation): RoleFacts {
  return facts({
    people: people.map(({ disabled, shares }, n) => {
      const mails = shares ? [`p${n}@example.org`, `p${n + 1}@example.org`] : [`p${n}@example.org`];
      return person(`p${n}`, { disabled, mails });
    }),
    groups: Object.fromEntries([ADMIN, CUSTOM, READ].map((name) => [name, namesOf(people, 'ldap', name)])),
    posix: Object.fromEntries(
      [GATE, 'deployment', 'analytics-product-users'].map((name) => [name, namesOf(people, 'posix', name)]),
    ),
    absent: people.flatMap(({ absent }, n) => (absent ? [`p${n}`] : [])),
    members: people.flatMap((one, n): Member[] => {
      const { row, additional: additionalRoles, projectRoles: entries, teams: of, managedbyIdp } = one;
      const { role: globalRole, ...limit } = row;
      const over = { globalRole, ...limit, additionalRoles, projectRoles: entries, teams: of, managedbyIdp };
      return one.signedIn ? [member(`u${n}`, { email: addressOf(one, n), ...over })] : [];
    }),
    teams: teams.map(([row, entries], n): Team => team(`t${n + 1}`, { ...row, projectRoles: entries })),
  });
}

const terms = { order: policy.order, project: PROJECT, maxGlobalRole: 'readonly' };
const identity = {
  target: {},
  compare: (a: Decision<Access>, b: Decision<Access>) => (a.account < b.account ? -1 : 1),
  hashInput: ({ account, kind, from, to }: Decision<Access>) => ({ account, kind, from, to }),
};
const carriedOut = (read: RoleFacts): RoleFacts => {
  const changes = new Map(
    resolved(read)
      .decisions.filter(isChange)
      .map((change) => [change.account, change.to]),
  );
  const written = (row: Member) => {
    const to = changes.get(row.id);
    return to ? afterWrite(row, to, terms) : row;
  };
  return { ...read, members: read.members.map(written) };
};
const plain = ({ role: name, environments, limitAccessByEnvironment }: Limited) => ({
  role: name,
  environments,
  limitAccessByEnvironment,
});
type Limited = typeof limited extends fc.Arbitrary<infer T> ? T : never;
const plainEntry = ({ project, additionalRoles = [], ...row }: ProjectRole) => ({
  project,
  ...plain(row),
  additionalRoles: additionalRoles.map(plain),
});
/** The sandbox's own reckoning of what is in force. */
const inForce = (read: RoleFacts, id: string) => {
  const members = read.members.map((row) => ({
    id: row.id,
    teams: row.teams,
    ...plain({ ...row, role: row.globalRole }),
    additionalRoles: row.additionalRoles.map(plain),
    projectRoles: row.projectRoles.map(plainEntry),
  }));
  const teams = read.teams.map((row) => ({
    id: row.id,
    name: row.name,
    ...plain(row),
    additionalRoles: row.additionalRoles.map(plain),
    projectRoles: row.projectRoles.map(plainEntry),
  }));
  return effectiveAccess({ members, teams }, id, PROJECT);
};

describe('laws, on organisations of any shape', () => {
  const holds = (check: (read: RoleFacts, of: Organisation) => void) =>
    fc.assert(
      fc.property(organisation, (of) => check(factsOf(of), of)),
      { numRuns: 400 },
    );

  test('a plan carried out on the rows leaves nothing to plan', () => {
    holds((read) => {
      expect(resolved(carriedOut(read)).decisions.filter(isChange)).toEqual([]);
    });
  });

  test('the order of what was read does not matter: the same plan, byte for byte', () => {
    holds((read) => {
      const turned: RoleFacts = {
        people: read.people.toReversed(),
        membersOf: new Map([...read.membersOf].toReversed().map(([group, of]) => [group, of.toReversed()])),
        posix: {
          ...read.posix,
          membersOf: new Map(
            [...read.posix.membersOf]
              .toReversed()
              .map(([group, of]) => [group, new Set([...of].toReversed())]),
          ),
        },
        members: read.members.toReversed(),
        teams: read.teams.toReversed(),
      };
      const plans = [read, turned].map((one) => makePlan(resolved(one).decisions, identity));
      expect(JSON.stringify(plans[1])).toBe(JSON.stringify(plans[0]));
    });
  });

  test('the order of what was read does not matter to any sentence or note', () => {
    holds((read) => {
      const turned = { ...read, people: read.people.toReversed(), members: read.members.toReversed() };
      const decisions = [read, turned].map((one) => {
        const { decisions, notes } = resolved(one);
        return [...decisions, ...notes].map(canonicalJson).toSorted();
      });
      expect(decisions[1]).toEqual(decisions[0]);
    });
  });

  test('an ambiguous member never gains, and keeps no more than the policy gives one of its possible owners', () => {
    holds((read) => {
      const { joined } = matchMembers(read.members, read.people);
      const { decisions } = resolved(read);
      const rank = (one: string) => (policy.order.includes(one) ? policy.order.indexOf(one) : 99);
      for (const [index, { member: row, ambiguous, candidates = [] }] of joined.entries()) {
        const made = decisions[index];
        if (ambiguous === undefined || !made?.from || !made.to) continue;
        expect(['revoke', 'downgrade', 'skipped']).toContain(made.kind);
        expect(made).not.toHaveProperty('mayGain');
        expect(rank(projectRoleOf(made.to))).toBeLessThanOrEqual(rank(projectRoleOf(made.from)));
        if (row.managedbyIdp || made.because.includes('widen') || made.because.includes('no environment'))
          continue;
        const roles = candidates.map((one) => {
          const alone = { ...read, people: [one], members: [member('alone', { email: one.mails[0] ?? '' })] };
          return projectRoleOf(
            resolved(alone).decisions[0]?.to ?? {
              globalRole: 'noaccess',
              projectRole: null,
              additionalRoles: [],
            },
          );
        });
        const highest = Math.max(0, ...roles.map(rank));
        expect(rank(projectRoleOf(made.to)), made.because).toBeLessThanOrEqual(highest);
      }
    });
  });

  test('every member is decided on once, and beside them only the pending', () => {
    holds((read) => {
      const { decisions } = resolved(read);
      const members = decisions
        .filter(({ kind }) => kind !== 'pending-sign-in')
        .map(({ account }) => account);
      expect(members).toEqual(read.members.map(({ id }) => id));
    });
  });

  test('nobody outside the gate gains', () => {
    holds((read, { people }) => {
      const addresses = new Set(
        people.flatMap(({ posix, disabled, absent, shares }, n) =>
          posix.includes(GATE) && !disabled && !absent
            ? [`p${n}@example.org`, ...(shares ? [`p${n + 1}@example.org`] : [])]
            : [],
        ),
      );
      const after = carriedOut(read);
      for (const { id, email } of read.members) {
        if (addresses.has(email.toLowerCase())) continue;
        expect(gained(inForce(read, id), inForce(after, id), policy.order), id).toBe(false);
      }
    });
  });

  test('no loss is a gain, reckoned apart from the code that plans', () => {
    holds((read) => {
      const after = carriedOut(read);
      for (const { kind, account } of resolved(read).decisions) {
        if (kind !== 'revoke' && kind !== 'downgrade') continue;
        expect(gained(inForce(read, account), inForce(after, account), policy.order), account).toBe(false);
      }
    });
  });

  test('an address is in a label and in no sentence', () => {
    holds((read) => {
      for (const { because } of resolved(read).decisions) expect(because).not.toContain('@');
    });
  });

  test('who is skipped, unchanged or pending keeps the current access', () => {
    holds((read) => {
      for (const { kind, from, to } of resolved(read).decisions) {
        if (!['skipped', 'unchanged', 'pending-sign-in'].includes(kind)) continue;
        expect(to).toEqual(from);
      }
    });
  });
});
