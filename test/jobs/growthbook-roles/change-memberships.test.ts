import { describe, expect, test } from 'vitest';
import { parseMembership } from '../../../src/engine/membership-change.ts';
import { changeMemberships } from '../../../src/jobs/growthbook-roles/change-memberships.ts';
import type { RoleFacts } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { InvalidRequestError } from '../../../src/platform/errors.ts';
import { facts, person } from '../../fixtures.ts';

const [ann, bob] = [person('ann'), person('Bob')];
const given = facts({ people: [ann, bob], groups: { g: ['ann'] }, posix: { p: ['ann'] }, absent: ['gone'] });
const read: RoleFacts = { ...given, posix: { ...given.posix, known: new Set(['ann', 'cid', 'gone']) } };
const add = (text: string) => parseMembership('add', text);
const remove = (text: string) => parseMembership('remove', text);
const changed = (...changes: Parameters<typeof changeMemberships>[1]) => changeMemberships(read, changes);
const inLdap = (of: RoleFacts) => of.membersOf.get('g')?.map(({ uid }) => uid);
const inPosix = (of: RoleFacts) => [...(of.posix.membersOf.get('p') ?? [])];

describe('an LDAP group', () => {
  test.each([
    ['has who is added, at the end', [add('bob:G')], ['ann', 'Bob']],
    ['has somebody once', [add('ann:g')], ['ann']],
    ['is without who is removed', [remove('ANN:g')], []],
    ['is as it was where nobody of them is removed', [remove('bob:g')], ['ann']],
    ['is changed in the order of the changes', [add('bob:g'), remove('ann:g'), add('ann:g')], ['Bob', 'ann']],
  ])('%s', (_, changes, expected) => {
    const found = changed(...changes);
    expect(inLdap(found)).toEqual(expected);
    expect(inLdap(read)).toEqual(['ann']);
    expect({ ...found, membersOf: read.membersOf }).toEqual(read);
    expect([...found.membersOf.keys()]).toEqual([...read.membersOf.keys()]);
  });

  test('that was not read is an error with the nearest names', () => {
    expect(() => changed(add('ann:growthbook-admim'))).toThrow(
      new InvalidRequestError(
        'what-if: no LDAP group that the policy names (found growthbook-admim; the nearest names: growthbook-admin)',
      ),
    );
  });

  test('has nobody who was not read', () => {
    expect(() => changed(add('anm:g'))).toThrow(
      new InvalidRequestError(
        'what-if: nobody who was read has this user name (found anm; the nearest names: ann)',
      ),
    );
  });
});

describe('a POSIX group', () => {
  test.each([
    ['has who is added, who may be in data.yaml alone', [add('cid:posix:P')], ['ann', 'cid'], []],
    ['has who is in LDAP alone, who then has a user', [add('Bob:posix:p')], ['ann', 'Bob'], ['Bob']],
    ['has nobody who is absent', [add('gone:posix:p')], ['ann'], []],
    ['is without who is removed', [remove('ann:posix:p')], [], []],
    ['makes nobody a user by a removal', [remove('Bob:posix:p')], ['ann'], []],
  ])('%s', (_, changes, expected, users) => {
    const found = changed(...changes);
    expect(inPosix(found)).toEqual(expected);
    expect([...found.posix.known]).toEqual(['ann', 'cid', 'gone', ...users]);
    expect(inPosix(read)).toEqual(['ann']);
    const { known, membersOf } = read.posix;
    expect({ ...found, posix: { ...found.posix, known, membersOf } }).toEqual(read);
  });

  test('that was not read is an error', () => {
    expect(() => changed(add('ann:posix:deploy'))).toThrow(
      /^what-if: no POSIX group that the policy names \(found deploy; the nearest names: .*deployment/,
    );
  });

  test.each([
    ['bob', 'Bob'],
    ['cit', 'cid'],
  ])('has nobody whose name is another one, in case too: %s', (name, nearest) => {
    expect(() => changed(add(`${name}:posix:p`))).toThrow(
      new InvalidRequestError(
        `what-if: nobody in data.yaml or LDAP who was read has this user name (found ${name}; the nearest names: ${nearest})`,
      ),
    );
  });
});
