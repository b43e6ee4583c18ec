import { describe, expect, test } from 'vitest';
import type { LdapPerson } from '../../../src/directories/ldap/groups-and-people.ts';
import { matchMembers } from '../../../src/jobs/growthbook-roles/match.ts';
import { member, person } from '../../fixtures.ts';

const at = (id: string, email: string) => member(id, { email });

describe('members are joined to people by address', () => {
  test.each([
    ['as it is', 'ann@example.org', ['ann@example.org']],
    ['without regard to case on the member’s side', 'Ann@Example.ORG', ['ann@example.org']],
    ['without regard to case on the person’s side', 'ann@example.org', ['ANN@example.org']],
    ['against every address of a person', 'second@example.org', ['first@example.org', 'Second@Example.org']],
    ['whatever Unicode form it is in', 'ren\u00e9@example.org', ['rene\u0301@example.org']],
    ['without white space at its ends', ' ann@example.org ', ['ann@example.org']],
    ['whatever form its domain is in', 'ann@b\u00fccher.example', ['ANN@xn--bcher-kva.example']],
  ])('%s', (_, email, mails) => {
    const ann = person('ann', { mails });
    expect(matchMembers([at('u', email)], [ann])).toMatchObject({
      joined: [{ person: ann }],
      withoutMember: [],
    });
  });

  test.each([
    ['another address', 'ann@example.org', ['ann@example.com']],
    ['no address on the person’s side', 'ann@example.org', []],
    ['no address on the member’s side', '', ['ann@example.org']],
    ['no address on either side', '', ['']],
    ['a part of an address', 'ann@example.or', ['ann@example.org']],
    ['a dot that is no joker', 'annxb@example.org', ['ann.b@example.org']],
  ])('not to somebody with %s', (_, email, mails) => {
    const ann = person('ann', { mails });
    const row = at('u', email);
    const { joined, withoutMember } = matchMembers([row], [ann]);
    expect(joined).toMatchObject([{ member: row }]);
    expect(joined[0]).not.toHaveProperty('person');
    expect(joined[0]).not.toHaveProperty('ambiguous');
    expect(withoutMember).toEqual([ann]);
  });

  test('one address listed twice by one person is one address', () => {
    const ann = person('ann', { mails: ['ann@example.org', 'ANN@example.org'] });
    const { joined } = matchMembers([at('u', 'ann@example.org')], [ann]);
    expect(joined).toMatchObject([{ member: at('u', 'ann@example.org'), person: ann }]);
    expect(joined[0]).not.toHaveProperty('ambiguous');
  });
});

describe('never guesses', () => {
  test('between two people with one address: both are named', () => {
    const people = [person('ann', { mails: ['x@example.org'] }), person('bob', { mails: ['X@example.org'] })];
    const { joined, withoutMember } = matchMembers([at('u', 'x@example.org')], people);
    expect(joined[0]).not.toHaveProperty('person');
    expect(joined[0]?.ambiguous).toMatch(/ann.*bob/);
    expect(joined[0]?.candidates).toEqual(people);
    expect(withoutMember).toEqual([]);
  });

  test('among three people with one address', () => {
    const people = ['ann', 'bob', 'cid'].map((uid) => person(uid, { mails: ['x@example.org'] }));
    const [found] = matchMembers([at('u', 'x@example.org')], people).joined;
    expect(found?.ambiguous).toBeDefined();
    expect(found).not.toHaveProperty('person');
  });

  test('between two members with one address, though they differ in case', () => {
    const { joined } = matchMembers(
      [at('u1', 'ann@example.org'), at('u2', 'ANN@example.org')],
      [person('ann')],
    );
    expect(joined.map(({ ambiguous }) => ambiguous)).toEqual([
      expect.stringContaining('members have this address'),
      expect.stringContaining('members have this address'),
    ]);
  });

  test('between two members of one person: each names the other', () => {
    const ann = person('ann', { mails: ['a@example.org', 'b@example.org'] });
    const { joined, withoutMember } = matchMembers(
      [at('u1', 'a@example.org'), at('u2', 'b@example.org')],
      [ann],
    );
    expect(joined.map(({ ambiguous }) => ambiguous)).toEqual([
      expect.stringContaining('u2'),
      expect.stringContaining('u1'),
    ]);
    expect(withoutMember).toEqual([]);
  });

  test('about a member whose person shares another address with somebody who has a member there', () => {
    const ann = person('ann', { mails: ['a@example.org', 'x@example.org'] });
    const bob = person('bob', { mails: ['b@example.org', 'x@example.org'] });
    const { joined } = matchMembers([at('u1', 'a@example.org'), at('u2', 'x@example.org')], [ann, bob]);
    expect(joined.every(({ person: found, ambiguous }) => !found && ambiguous)).toBe(true);
  });
});

describe('the whole match, and why it is ambiguous', () => {
  const [ann, bob, cid] = ['ann', 'bob', 'cid'].map((uid) =>
    person(uid, { mails: [`${uid}@example.org`, 'x@example.org'] }),
  ) as [LdapPerson, LdapPerson, LdapPerson];
  const matchesOf = (emails: readonly string[], people: readonly LdapPerson[]) =>
    matchMembers(
      emails.map((email, index) => at(`u${index}`, email)),
      people,
    ).joined;

  test.each([
    ['nobody’s address', ['eve@example.org'], [ann], [{}]],
    ['one person’s address', ['ann@example.org'], [ann, person('eve')], [{ person: ann }]],
    [
      'an address of three people',
      ['x@example.org'],
      [cid, ann, bob],
      [{ ambiguous: 'several people have this address: ann, bob, cid', candidates: [cid, ann, bob] }],
    ],
    [
      'two addresses of one person',
      ['x@example.org', 'ann@example.org'],
      [ann],
      [
        { ambiguous: 'ann has another member too: u1', candidates: [ann] },
        { ambiguous: 'ann has another member too: u0', candidates: [ann] },
      ],
    ],
    [
      'one address three times, and the person’s other address',
      ['x@example.org', 'X@example.org', 'x@Example.org', 'ann@example.org'],
      [ann],
      [
        { ambiguous: '3 members have this address', candidates: [ann] },
        { ambiguous: '3 members have this address', candidates: [ann] },
        { ambiguous: '3 members have this address', candidates: [ann] },
        { ambiguous: 'ann has another member too: u0, u1, u2', candidates: [ann] },
      ],
    ],
    [
      'one address twice, and nobody’s',
      ['eve@example.org', 'EVE@example.org'],
      [],
      [
        { ambiguous: '2 members have this address', candidates: [] },
        { ambiguous: '2 members have this address', candidates: [] },
      ],
    ],
  ])('%s', (_, emails, people, expected) => {
    expect(matchesOf(emails, people)).toEqual(
      expected.map((one, index) => ({
        member: at(`u${index}`, emails[index] ?? ''),
        address: emails[index]?.toLowerCase(),
        ...one,
      })),
    );
  });
});

test('members without an address are nobody’s double', () => {
  const { joined } = matchMembers([at('u1', ''), at('u2', ''), at('u3', ' ')], [person('ann')]);
  expect(joined.every((one) => !one.person && one.ambiguous === undefined)).toBe(true);
});

test('every member comes back once, in the order in which it came', () => {
  const rows = ['u3', 'u1', 'u2'].map((id) => member(id));
  expect(matchMembers(rows, []).joined.map((one) => one.member.id)).toEqual(['u3', 'u1', 'u2']);
});
