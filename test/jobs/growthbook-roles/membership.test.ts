import { describe, expect, test } from 'vitest';
import { createMembershipIndex, membershipsOf } from '../../../src/jobs/growthbook-roles/membership.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { facts, person } from '../../fixtures.ts';

const people = ['ann', 'bob', 'cid', 'Dan'].map((uid) => person(uid));
const [ann, bob, cid, dan] = people as [
  (typeof people)[0],
  (typeof people)[0],
  (typeof people)[0],
  (typeof people)[0],
];
const read = {
  ...facts({ people, absent: ['bob'] }),
  membersOf: new Map([
    ['g1', [ann, bob]],
    ['g2', [bob, cid, ann]],
  ]),
};
const posix = {
  ...read.posix,
  membersOf: new Map([
    ['p1', new Set(['ann', 'bob'])],
    ['p2', new Set(['dan'])],
  ]),
};
const known = { ...read, posix };
const naming = (...users: readonly string[]): Policy => ({
  ...defaultPolicy(),
  rules: users.map((user, index) => ({ rule: index + 10, when: { user }, role: 'readonly' })),
});
const plain = (policy: Policy, who: (typeof people)[0]) => {
  const { uid, refusal, sources } = createMembershipIndex(known, policy)(who);
  const listed = Object.entries(sources).map(([leaf, source]) => {
    if (typeof source !== 'object') throw new Error(`${leaf} is ${source}`);
    return [leaf, { asked: [...source.asked], in: [...source.in] }];
  });
  return { uid, refusal, ...Object.fromEntries(listed) };
};

describe('what the directories say about a person', () => {
  const asked = { ldap: ['g1', 'g2'], posix: ['p1', 'p2'], user: ['ANN', 'dan', 'Ann'] };
  const policy = naming('ANN', 'dan', 'Ann');

  test.each([
    ['several groups and two spellings of the name', ann, ['g1', 'g2'], ['p1'], ['ANN', 'Ann']],
    ['one group', cid, ['g2'], [], []],
    ['a POSIX name in another case, which is another name', dan, [], [], ['dan']],
  ])('has the groups that were asked for and those it is in: %s', (_, who, ldap, posixIn, user) => {
    expect(plain(policy, who)).toEqual({
      uid: who.uid,
      refusal: undefined,
      ldap: { asked: asked.ldap, in: ldap },
      posix: { asked: asked.posix, in: posixIn },
      user: { asked: asked.user, in: user },
    });
  });

  test('names no user where the policy names none', () => {
    expect(plain(naming(), ann)).toMatchObject({ user: { asked: [], in: [] } });
  });

  test('says why the person has nothing', () => {
    const membershipOf = createMembershipIndex(known, policy);
    expect([
      membershipOf(ann).refusal,
      membershipOf(bob).refusal,
      membershipOf({ ...ann, disabled: true }).refusal,
      membershipOf({ ...bob, disabled: true }).refusal,
    ]).toEqual([
      undefined,
      'bob is ensure: absent in data.yaml',
      'ann is disabled in LDAP',
      'bob is disabled in LDAP',
    ]);
  });

  test('is made for each person', () => {
    const all = membershipsOf(known, policy);
    expect([...all.keys()]).toEqual(people);
    expect([...all.values()].map(({ uid }) => uid)).toEqual(['ann', 'bob', 'cid', 'Dan']);
  });
});

describe('people in the same groups share what the sources say', () => {
  const sourcesOf = (policy: Policy) => {
    const membershipOf = createMembershipIndex(known, policy);
    return people.map((one) => membershipOf(one).sources);
  };

  test('though the groups list them in another order', () => {
    const [ofAnn, ofBob, ofCid, ofDan] = sourcesOf(naming());
    expect(ofAnn).toBe(ofBob);
    expect(new Set([ofAnn, ofCid, ofDan]).size).toBe(3);
  });

  test('and not where the policy names one of them', () => {
    const [ofAnn, ofBob] = sourcesOf(naming('ann'));
    expect(ofAnn).not.toBe(ofBob);
    expect([ofAnn?.ldap, ofAnn?.posix]).toEqual([ofBob?.ldap, ofBob?.posix]);
    expect(ofAnn?.ldap).toBe(ofBob?.ldap);
  });

  test('and not where they differ in POSIX groups alone', () => {
    const only = { ...known, membersOf: new Map([['g1', [ann, dan]]]) };
    const membershipOf = createMembershipIndex(only, naming());
    expect(membershipOf(ann).sources.ldap).toBe(membershipOf(dan).sources.ldap);
    expect(membershipOf(ann).sources).not.toBe(membershipOf(dan).sources);
  });

  test('each time they are asked for', () => {
    const membershipOf = createMembershipIndex(known, naming('ann', 'bob'));
    const first = people.map((one) => membershipOf(one).sources);
    for (const [index, one] of people.entries()) expect(membershipOf(one).sources).toBe(first[index]);
  });
});
