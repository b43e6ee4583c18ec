import { describe, expect, test } from 'vitest';
import type { LdapPerson } from '../../../src/directories/ldap/groups-and-people.ts';
import {
  requireCompleteLdap,
  requireCompletePosix,
} from '../../../src/jobs/growthbook-roles/completeness.ts';
import { SourceError } from '../../../src/platform/errors.ts';

const LIMITS = { percent: 10, count: 1 };
const person = (n: number, mails: readonly string[]): LdapPerson => ({
  dn: `uid=u${n},ou=people`,
  uid: `u${n}`,
  cns: [],
  mails,
  disabled: false,
});
const people = (count: number, without: number, mails: readonly string[] = []) =>
  Array.from({ length: count }, (_, n) => person(n, n < without ? mails : [`u${n}@example.org`]));
const ldap = (all: readonly LdapPerson[], dangling = 0) => ({
  people: all,
  membersOf: new Map([
    ['a', all],
    ['b', all],
  ]),
  dangling: Array.from({ length: dangling }, (_, n) => ({ group: 'a', dn: `uid=x${n}`, why: 'gone' })),
});

describe('people without an address fail the source where they are more than a tenth and more than one', () => {
  test.each([
    [10, 0, true],
    [10, 1, true],
    [1, 1, true],
    [3, 2, false],
    [19, 2, false],
    [20, 2, true],
    [21, 2, true],
    [20, 3, false],
    [20, 20, false],
  ])('of %i people %i: accepted %s', (count, without, accepted) => {
    const act = () => requireCompleteLdap(ldap(people(count, without)), LIMITS);
    if (accepted) expect(act).not.toThrow();
    else expect(act).toThrow(SourceError);
  });

  test('with the share, the settings and the likely cause; a person in two groups counts once', () => {
    expect(() => requireCompleteLdap(ldap(people(20, 3)), LIMITS)).toThrow(
      /people without an e-mail address \(found 3 of 20, 15 %\): the first is uid=u0.*LDAP_BIND_DN.*LDAP_MAIL_ATTRIBUTES.*allowed 10 %, SOURCE_MAX_INCOMPLETE_PERCENT, or 1, SOURCE_MAX_INCOMPLETE_COUNT/,
    );
  });

  test('one address among empty ones is enough', () => {
    expect(() => requireCompleteLdap(ldap(people(20, 20, ['', 'a@example.org'])), LIMITS)).not.toThrow();
  });

  test('an address of spaces is none', () => {
    expect(() => requireCompleteLdap(ldap(people(20, 3, [' '])), LIMITS)).toThrow(/found 3 of 20/);
  });

  test('both limits are settings', () => {
    expect(() => requireCompleteLdap(ldap(people(20, 3)), { percent: 15, count: 1 })).not.toThrow();
    expect(() => requireCompleteLdap(ldap(people(20, 3)), { percent: 10, count: 3 })).not.toThrow();
    expect(() => requireCompleteLdap(ldap(people(20, 1)), { percent: 0, count: 0 })).toThrow(/found 1 of 20/);
  });
});

describe('dangling members fail the source, group by group', () => {
  test.each([
    [18, 2, true],
    [17, 2, false],
    [0, 1, true],
    [0, 2, false],
    [100, 11, true],
    [98, 11, false],
  ])('of an LDAP group beside %i people: %i, accepted %s', (count, dangling, accepted) => {
    const act = () => requireCompleteLdap(ldap(people(count, 0), dangling), LIMITS);
    if (accepted) expect(act).not.toThrow();
    else expect(act).toThrow(/members of group a that lead to no person .*uid=x0: gone.*LDAP_PEOPLE_BASE/);
  });

  test.each([
    [20, 2, true],
    [19, 2, false],
    [1, 1, true],
  ])('of a POSIX group of %i: %i, accepted %s', (size, lost, accepted) => {
    const dangling = Array.from({ length: lost }, (_, n) => ({ group: 'deployment', name: `x${n}` }));
    const act = () => requireCompletePosix({ sizeOf: new Map([['deployment', size]]), dangling }, LIMITS);
    if (accepted) expect(act).not.toThrow();
    else expect(act).toThrow(/members of deployment that are missing under users \(found 2 of 19, 10\.5 %\)/);
  });
});

describe('the whole message', () => {
  const allowed =
    '(allowed 10 %, SOURCE_MAX_INCOMPLETE_PERCENT, or 1, SOURCE_MAX_INCOMPLETE_COUNT, whichever is more)';
  const cause = (n: number) =>
    `the first is uid=x${n}: gone; most likely LDAP_PEOPLE_BASE or LDAP_USER_FILTER leaves people out, or LDAP_BIND_DN may not see them`;
  const lostOf = (...groups: readonly string[]) =>
    groups.flatMap((group) => [0, 1].map((n) => ({ group, dn: `uid=x${n}`, why: 'gone' })));

  test('has addresses first, then each group, with a share of one decimal', () => {
    const all = people(3, 2);
    const given = {
      people: all,
      membersOf: new Map([
        ['a', all],
        ['b', all],
        ['c', all.slice(0, 1)],
      ]),
      dangling: lostOf('a', 'c'),
    };
    expect(() => requireCompleteLdap(given, LIMITS)).toThrow(
      new SourceError(
        'people without an e-mail address (found 2 of 3, 66.7 %): the first is uid=u0,ou=people; most likely LDAP_BIND_DN may not read addresses, or they are in another attribute (LDAP_MAIL_ATTRIBUTES); ' +
          `members of group a that lead to no person (found 2 of 5, 40 %): ${cause(0)}; ` +
          `members of group c that lead to no person (found 2 of 3, 66.7 %): ${cause(0)} ${allowed}`,
      ),
    );
  });

  test('has five faults at the most', () => {
    const groups = ['a', 'b', 'c', 'd', 'e', 'f'];
    const none: readonly LdapPerson[] = [];
    const membersOf = new Map(groups.map((group) => [group, none] as const));
    const fault = (group: string) =>
      `members of group ${group} that lead to no person (found 2 of 2, 100 %): ${cause(0)}`;
    expect(() => requireCompleteLdap({ people: [], membersOf, dangling: lostOf(...groups) }, LIMITS)).toThrow(
      new SourceError(`${groups.slice(0, 5).map(fault).join('; ')} ${allowed}`),
    );
  });

  test('of a POSIX group names its own missing users', () => {
    const sizeOf = new Map([
      ['deployment', 3],
      ['other', 2],
      ['whole', 2],
    ]);
    const dangling = [
      { group: 'other', name: 'y' },
      { group: 'deployment', name: 'x' },
      { group: 'deployment', name: 'z' },
    ];
    expect(() => requireCompletePosix({ sizeOf, dangling }, LIMITS)).toThrow(
      new SourceError(
        `members of deployment that are missing under users (found 2 of 3, 66.7 %): the first is x; most likely a part of the users is missing in data.yaml ${allowed}`,
      ),
    );
  });
});
