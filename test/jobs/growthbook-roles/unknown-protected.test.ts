import { describe, expect, test } from 'vitest';
import { protectionNotes, unknownProtected } from '../../../src/jobs/growthbook-roles/unknown-protected.ts';
import { member, person } from '../../fixtures.ts';

const facts = {
  members: [member('ann'), member('bea', { email: 'Bea@B\u00fccher.example' })],
  people: [
    person('ann', { mails: ['ann@example.org', 'ann.other@example.org'] }),
    person('vera', { mails: ['vera@example.org'] }),
  ],
};

describe('a protected address that is nobody’s', () => {
  test.each([
    ['a member’s', ['ann@example.org'], 0],
    ['a member’s in another spelling', [' ANN@example.org', 'bea@xn--bcher-kva.example'], 0],
    ['of a person who has not signed in yet', ['vera@example.org'], 0],
    ['another address of a person whose member is found under the first', ['ann.other@example.org'], 1],
    ['misspelt', ['an@example.org'], 1],
    ['misspelt twice', ['an@example.org', 'ann@example.com', 'ann@example.org'], 2],
    ['none at all', [], 0],
  ])('%s: %j, %i objected to', (_, addresses, found) => {
    const objections = unknownProtected(facts, addresses);
    expect(objections.map((one) => one.found)).toEqual(found === 0 ? [] : [found]);
  });

  test('cannot be overridden, and the objection names the addresses and the setting', () => {
    expect(unknownProtected(facts, ['an@example.org', 'ann@example.org', 'Bob@example.org'])).toEqual([
      {
        name: 'protected-unknown',
        found: 2,
        allowed: 0,
        overridable: false,
        message:
          'protected-unknown: nobody has these addresses of GROWTHBOOK_PROTECTED_MEMBERS (found an@example.org, Bob@example.org, allowed only addresses of members): correct the setting',
      },
    ]);
  });

  test('is noted, too', () => {
    expect(protectionNotes(facts, ['vera@example.org', 'ann@example.org'])).toEqual([
      {
        kind: 'protected',
        account: null,
        label: 'vera@example.org',
        because: 'no member has this address of GROWTHBOOK_PROTECTED_MEMBERS',
      },
    ]);
  });
});
