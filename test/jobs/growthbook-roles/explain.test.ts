import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explain as explainName } from '../../../src/engine/explain.ts';
import { subjects } from '../../../src/jobs/growthbook-roles/list-subjects.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import { resolve } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import { entry, type FactSeed, facts, GATE, member, PROJECT, person } from '../../fixtures.ts';

const policy = policyAt(defaultPolicy(), 0);
const rules = {
  policy,
  access: { order: policy.order, project: PROJECT, maxGlobalRole: 'readonly' },
  protectedMembers: ['root@example.org'],
};
const nobody = { 'growthbook-admin': [], 'growthbook-customelevatedaccess': [], 'growthbook-readonly': [] };
const outside = {
  [GATE]: [],
  'analytics-product-users': [],
  'analytics-wmde-users': [],
  deployment: [],
};

function ask(who: string, seed: FactSeed) {
  const known = facts({
    ...seed,
    groups: { ...nobody, ...seed.groups },
    posix: { ...outside, ...seed.posix },
  });
  const resolved = resolve(known, rules);
  const all = subjects(known, resolved, rules);
  return { resolved, all, ...explainName(who, all, { sources: [], objections: [] }) };
}
const only = (who: string, seed: FactSeed) => {
  const { matches } = ask(who, seed);
  expect(matches).toHaveLength(1);
  const [match] = matches;
  if (!match) throw new Error('no match');
  return match;
};

const ann = { people: [person('ann')], members: [member('ann')] };

describe('an explanation', () => {
  test.each(['ann', 'ANN@Example.org', ' Ann '])('finds a person by any of its names: %j', (who) => {
    expect(only(who, ann).person).toMatchObject({ uid: 'ann' });
  });

  test('shows every rule with its answer, and for a no what is missing', () => {
    const match = only('ann', {
      ...ann,
      groups: { 'growthbook-readonly': ['ann'] },
      posix: { [GATE]: ['ann'] },
    });
    expect(match.rules.map(({ rule, answer, missing }) => [rule, answer, missing])).toEqual([
      [1, 'yes', []],
      [2, 'no', ['ldap:growthbook-admin']],
      [
        3,
        'no',
        [
          'ldap:growthbook-customelevatedaccess',
          'posix:analytics-product-users or posix:analytics-wmde-users or posix:deployment',
        ],
      ],
      [4, 'yes', []],
    ]);
    expect(match.decision).toMatchObject({ kind: 'grant', rule: 4, hindrance: null });
    expect(match.desired).toMatchObject({ projectRole: 'readonly' });
  });

  test('says what to do, in words for people: the group in IDM, and the POSIX group as well', () => {
    expect(only('ann', ann).advice).toContain(
      `For the role readonly: ask in IDM to be added to growthbook-readonly; being in ${GATE} is needed as well.`,
    );
  });

  test('of a person without an account says to sign in', () => {
    const seed = {
      people: ann.people,
      groups: { 'growthbook-readonly': ['ann'] },
      posix: { [GATE]: ['ann'] },
    };
    const match = only('ann', seed);
    expect([match.account, match.decision?.kind]).toEqual([null, 'pending-sign-in']);
    expect(match.advice[0]).toBe('Sign in to GrowthBook once: the next run then gives the role readonly.');
  });

  test('of an account without a person says which address LDAP would have to hold', () => {
    const match = only('bob@example.org', { members: [member('bob', { projectRoles: [entry('admin')] })] });
    expect(match.person).toBeNull();
    expect(match.decision).toMatchObject({ kind: 'revoke' });
    expect(match.advice[0]).toContain('The address in LDAP has to be bob@example.org.');
  });

  test('of a disabled account says so', () => {
    const match = only('ann', { people: [person('ann', { disabled: true })], members: [member('ann')] });
    expect(match.advice).toEqual(['The account is disabled in LDAP: ask the administrators of LDAP.']);
    expect(match.sources.find(({ source }) => source === 'ldap')?.says).toContain('the account is disabled');
  });

  test('of a protected member names the hindrance', () => {
    const match = only('root', { members: [member('root', { globalRole: 'admin' })] });
    expect(match.decision?.hindrance).toContain('GROWTHBOOK_PROTECTED_MEMBERS');
  });

  test('shows the objections to the plan as a hindrance of a change', () => {
    const known = facts({ members: [member('bob', { projectRoles: [entry('admin')] })] });
    const objections = [{ name: 'revokes', found: 1, allowed: 0, message: 'too many', overridable: true }];
    const all = subjects(known, resolve(known, rules), rules);
    const { matches } = explainName('bob', all, { sources: [], objections });
    expect(matches[0]?.decision?.hindrance).toBe('the whole plan is refused: too many');
  });

  test('of an ambiguous member shows each person whose it can be, and what becomes of it', () => {
    const seed = {
      people: [person('ann', { mails: ['x@example.org'] }), person('bob', { mails: ['X@example.org'] })],
      members: [member('u', { email: 'x@example.org', projectRoles: [entry('admin')] })],
      groups: { 'growthbook-readonly': ['bob'] },
      posix: { [GATE]: ['ann', 'bob'] },
    };
    const { matches } = ask('x@example.org', seed);
    expect(matches.map((match) => match.person?.['uid'])).toEqual(['ann', 'bob']);
    for (const match of matches) {
      expect(match.decision).toMatchObject({ kind: 'downgrade', rule: 4 });
      expect(match.desired).toMatchObject({ projectRole: 'readonly' });
      expect(match.advice).toEqual([expect.stringContaining('It is not clear whose account this is')]);
    }
    expect(only('bob', seed).account).toMatchObject({ id: 'u' });
  });

  test('of two members with an address that is nobody’s says that they are ambiguous', () => {
    const members = ['u1', 'u2'].map((id) => member(id, { email: 'x@example.org' }));
    const match = only('u1', { members });
    expect([match.person, match.decision?.kind]).toEqual([null, 'skipped']);
    expect(match.sources.map(({ says }) => says).join()).toContain('ambiguous: 2 members have this address');
  });

  test('shows everybody of a name', () => {
    const seed = { people: [person('ann', { cns: ['Ann'] }), person('anna', { cns: ['Ann'] })] };
    expect(ask('ann', seed).matches).toHaveLength(2);
  });

  test('of an unknown name shows the nearest ones', () => {
    expect(ask('anm', ann)).toMatchObject({ matches: [], nearest: ['ann', 'ann@example.org'] });
  });
});

const uids = ['p0', 'p1', 'p2', 'p3'];
const organisation = fc.record({
  people: fc.subarray(uids),
  disabled: fc.subarray(uids),
  absent: fc.subarray(uids),
  members: fc.uniqueArray(
    fc.record({
      uid: fc.constantFrom(...uids, 'root'),
      globalRole: fc.constantFrom('noaccess', 'readonly', 'admin'),
      role: fc.option(fc.constantFrom('noaccess', 'readonly', 'engineer', 'admin')),
    }),
    { selector: ({ uid }) => uid },
  ),
  groups: fc.record(Object.fromEntries(Object.keys(nobody).map((name) => [name, fc.subarray(uids)]))),
  posix: fc.record(Object.fromEntries(Object.keys(outside).map((name) => [name, fc.subarray(uids)]))),
});

test('each account has an explanation that agrees with the plan, in 1,000 generated organisations', () => {
  fc.assert(
    fc.property(organisation, (given) => {
      const known = facts({
        people: given.people.map((uid) => person(uid, { disabled: given.disabled.includes(uid) })),
        members: given.members.map(({ uid, globalRole, role }) =>
          member(uid, { globalRole, projectRoles: role === null ? [] : [entry(role)] }),
        ),
        groups: given.groups,
        posix: given.posix,
        absent: given.absent,
      });
      const resolved = resolve(known, rules);
      const all = subjects(known, resolved, rules);
      for (const decision of resolved.decisions) {
        const { matches } = explainName(decision.label, all, { sources: [], objections: [] });
        const match = matches.find((one) => one.decision?.account === decision.account);
        expect(match?.decision).toMatchObject({
          kind: decision.kind,
          rule: decision.rule,
          because: decision.because,
        });
        if (decision.kind === 'skipped') expect(match?.decision?.hindrance).not.toBeNull();
        else if (decision.to) expect(match?.desired).toEqual(decision.to);
        const winner = match?.rules.find(({ rule }) => rule === decision.rule);
        if (decision.kind === 'grant' || decision.kind === 'pending-sign-in')
          expect(winner?.answer).toBe('yes');
      }
      expect(all.filter(({ decision }) => decision !== null)).toHaveLength(resolved.decisions.length);
    }),
    { numRuns: 1000 },
  );
});
