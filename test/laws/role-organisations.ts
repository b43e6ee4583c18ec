import fc from 'fast-check';
import type { RoleFacts } from '../../src/jobs/growthbook-roles/resolve.ts';
import { policyAt } from '../../src/policy/dated-policy.ts';
import { parsePolicy } from '../../src/policy/policy-document.ts';
import type { Member } from '../../src/targets/growthbook/schema.ts';
import type { OracleCondition, OracleMember, OraclePerson, OraclePolicy } from './oracle.ts';

/** One generated organisation: for Muster, and in the oracle's words. */
export interface RoleOrganisation {
  readonly facts: RoleFacts;
  readonly policy: ReturnType<typeof policyAt>;
  readonly protectedMembers: readonly string[];
  readonly ceiling: string;
  readonly oracle: {
    readonly people: readonly OraclePerson[];
    readonly members: readonly OracleMember[];
    readonly policy: OraclePolicy;
  };
}

export const PROJECT = 'prj_a';
const ORDER = ['noaccess', 'readonly', 'engineer', 'admin'];
const LDAP = ['l1', 'l2', 'l3'];
const POSIX = ['x1', 'x2'];
const UIDS = ['ann', 'bob', 'cid', 'dan', 'eve'];
const ADDRESSES = ['a@x.org', 'b@x.org', 'c@x.org', 'd@x.org'];

const leaf: fc.Arbitrary<OracleCondition> = fc.oneof(
  fc.constantFrom(...LDAP).map((ldap) => ({ ldap })),
  fc.constantFrom(...POSIX).map((posix) => ({ posix })),
  fc.constantFrom(...UIDS).map((user) => ({ user })),
);
const condition: fc.Arbitrary<OracleCondition> = fc.letrec<{ one: OracleCondition }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 2 },
    leaf,
    fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    tie('one').map((not) => ({ not })),
  ),
})).one;

const document = fc
  .record({
    gate: fc.oneof(fc.constant('none' as const), condition),
    rules: fc.array(fc.record({ when: condition, role: fc.constantFrom(...ORDER) }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(
    ({ gate, rules }): OraclePolicy => ({
      order: ORDER,
      gate,
      rules: rules.map((rule, index) => ({ rule: index + 2, ...rule })),
    }),
  );

/** A policy that the reader takes; undefined for one whose people could not be looked up. */
function readPolicy(policy: OraclePolicy) {
  const { order, gate, rules } = policy;
  try {
    const text = JSON.stringify({ order, gate, rules, otherwise: { rule: rules.length + 2 } });
    return { oracle: policy, policy: policyAt(parsePolicy(text), 0) };
  } catch {
    return undefined;
  }
}

const POLICIES = 400;
const policies = fc
  .sample(document, { numRuns: 4 * POLICIES, seed: 1 })
  .map(readPolicy)
  .filter((one) => one !== undefined)
  .slice(0, POLICIES);

const rarely = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
const spelling = (address: string) => fc.constantFrom(address, address.toUpperCase());

const person = fc.record({
  mails: fc.subarray(ADDRESSES, { maxLength: 2 }),
  ldap: fc.subarray(LDAP),
  posix: fc.subarray(POSIX),
  disabled: rarely,
  absent: rarely,
  unreadable: rarely,
});
const member = fc.record({
  email: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...ADDRESSES).chain(spelling) },
    { weight: 1, arbitrary: fc.constant('') },
  ),
  globalRole: fc.constantFrom(...ORDER, 'custom'),
  projectRole: fc.option(fc.constantFrom(...ORDER, 'custom'), { nil: null }),
  managedbyIdp: rarely,
});

/** Organisations of up to five people and five members, with any policy. */
export const roleOrganisation: fc.Arbitrary<RoleOrganisation> = fc
  .record({
    people: fc.array(person, { maxLength: UIDS.length }),
    members: fc.array(member, { maxLength: 5 }),
    policy: fc.nat(policies.length - 1),
    protectedMembers: fc.subarray(ADDRESSES, { maxLength: 1 }),
    ceiling: fc.constantFrom('noaccess', 'readonly'),
  })
  .map(({ people, members, policy, protectedMembers, ceiling }) => {
    const chosen = policies[policy];
    if (!chosen) throw new Error('no policy');
    return { ...organisationOf(people, members), policy: chosen.policy, protectedMembers, ceiling, chosen };
  })
  .map(({ chosen, oracle, ...organisation }) => ({
    ...organisation,
    oracle: { ...oracle, policy: chosen.oracle },
  }));

type Person = typeof person extends fc.Arbitrary<infer P> ? P : never;
type Row = typeof member extends fc.Arbitrary<infer M> ? M : never;

function organisationOf(given: readonly Person[], rows: readonly Row[]) {
  const named = given.map((one, index) => ({ ...one, uid: UIDS[index] ?? '' }));
  const people = named.map(({ uid, mails, disabled, unreadable }) => ({
    dn: `uid=${uid},ou=people`,
    uid,
    cns: [uid],
    mails,
    disabled,
    ...(unreadable ? { unreadable: `${uid}: two user names` } : {}),
  }));
  const members = rows.map(
    ({ projectRole, ...row }, index): Member => ({
      id: `m${index}`,
      ...row,
      teams: [],
      environments: [],
      limitAccessByEnvironment: false,
      additionalRoles: [],
      projectRoles:
        projectRole === null
          ? []
          : [{ project: PROJECT, role: projectRole, environments: [], limitAccessByEnvironment: false }],
    }),
  );
  const inLdap = (group: string) => people.filter((_, index) => named[index]?.ldap.includes(group));
  const inPosix = (group: string) => named.filter(({ posix, absent }) => posix.includes(group) && !absent);
  const facts: RoleFacts = {
    people,
    membersOf: new Map(LDAP.map((group) => [group, inLdap(group)])),
    posix: {
      membersOf: new Map(POSIX.map((group) => [group, new Set(inPosix(group).map(({ uid }) => uid))])),
      sizeOf: new Map(),
      absent: new Set(named.filter(({ absent }) => absent).map(({ uid }) => uid)),
      known: new Set(named.map(({ uid }) => uid)),
      dangling: [],
      expiring: [],
      repeatedKeys: [],
    },
    members,
    teams: [],
  };
  const oracle = {
    people: named.map(
      ({ uid, mails, ldap, posix, disabled, absent, unreadable }): OraclePerson => ({
        uid,
        mails,
        ldap,
        posix,
        usable: !disabled && !absent,
        readable: !unreadable,
      }),
    ),
    members: members.map(
      ({ id, email, globalRole, projectRoles }): OracleMember => ({
        id,
        email,
        current: projectRoles[0]?.role ?? globalRole,
      }),
    ),
  };
  return { facts, oracle };
}
