import { describe, expect, test } from 'vitest';
import type { MembershipChange } from '../../../src/engine/membership-change.ts';
import { changeMemberships } from '../../../src/jobs/gitlab-approvals/change-memberships.ts';
import { InvalidRequestError } from '../../../src/platform/errors.ts';
import { person } from '../../fixtures.ts';
import { evidence, waiting } from './approval-facts.ts';

const ann = person('ann', { dn: 'UID=Ann,OU=people,DC=wikimedia,DC=org' });
const facts = {
  waiting: [waiting('ann'), waiting('bob', { id: 2 })],
  people: [ann, person('bob')],
  evidence: evidence({ wmf: ['bob'], 'Project Tools': [] }, { gerrit: 'failed' }),
};
const change = (kind: 'add' | 'remove', uid: string, group: string): MembershipChange => ({
  kind,
  uid,
  source: 'ldap',
  group,
});
const after = (...changes: readonly MembershipChange[]) =>
  Object.fromEntries(
    [...changeMemberships(facts, changes).evidence.groups].map(([name, dns]) => [name, [...dns]]),
  );
const [ANN, BOB] = [person('ann').dn, person('bob').dn];

describe('assumed memberships', () => {
  test.each([
    ['none', [], { wmf: [BOB], 'Project Tools': [] }],
    ['one more', [change('add', 'ann', 'wmf')], { wmf: [BOB, ANN], 'Project Tools': [] }],
    ['one less', [change('remove', 'bob', 'wmf')], { wmf: [], 'Project Tools': [] }],
    ['one that is there', [change('add', 'bob', 'wmf')], { wmf: [BOB], 'Project Tools': [] }],
    ['one less that is not there', [change('remove', 'ann', 'wmf')], { wmf: [BOB], 'Project Tools': [] }],
    [
      'names of another spelling',
      [change('add', 'ANN', 'project  tools')],
      { wmf: [BOB], 'Project Tools': [ANN] },
    ],
    [
      'several, one after the other',
      [change('add', 'ann', 'wmf'), change('remove', 'bob', 'wmf'), change('remove', 'ann', 'wmf')],
      { wmf: [], 'Project Tools': [] },
    ],
  ] as const)('are %s', (_, changes, groups) => {
    expect(after(...changes)).toEqual(groups);
  });

  test('change nothing else, and not the facts that were read', () => {
    const changed = changeMemberships(facts, [change('add', 'ann', 'wmf')]);
    expect({ ...changed, evidence: { ...changed.evidence, groups: facts.evidence.groups } }).toEqual(facts);
    expect(facts.evidence.groups.get('wmf')).toEqual(new Set([BOB]));
  });

  test.each([
    [
      change('add', 'annn', 'wmf'),
      'what-if: nobody whose account waits has this user name (found annn; the nearest names: ann)',
    ],
    [
      change('add', 'ann', 'wmff'),
      'what-if: no LDAP group that the policy names (found wmff; the nearest names: wmf)',
    ],
    [
      { ...change('add', 'ann', 'wmf'), source: 'posix' as const },
      'what-if: this job reads no POSIX groups (found add ann:posix:wmf, allowed UID:GROUP)',
    ],
  ])('are refused where there is no such person or group: %j', (one, message) => {
    expect(() => changeMemberships(facts, [one])).toThrow(new InvalidRequestError(message));
  });
});
