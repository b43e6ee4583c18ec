import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createIdentifier,
  type IdentityRules,
  namesToLookUp,
} from '../../../src/jobs/gitlab-approvals/identify.ts';
import type { Account } from '../../../src/targets/gitlab/schema.ts';
import { anyCharacter } from '../../any-character.ts';
import { person } from '../../fixtures.ts';

const terms: IdentityRules = { provider: 'openid_connect', denied: [] };
const oidc = (extern_uid: string | null) => ({ provider: 'openid_connect', extern_uid });
const cas = (extern_uid: string) => ({ provider: 'cas3', extern_uid });
const account = (username: string, ...identities: Account['identities']): Account => ({
  id: 1,
  username,
  state: 'blocked_pending_approval',
  bot: false,
  identities,
});

const ann = person('ann', { cns: ['Ann A', 'Annie'] });
const bob = person('bob', { cns: ['Bob'] });
const eve = person('eve', { cns: ['Eve'], disabled: true });
const twins = [person('twin1', { cns: ['Twin'] }), person('twin2', { cns: ['twin', 'Two'] })];
const people = [ann, bob, eve, ...twins];

const whoIs = (one: Account, over: Partial<IdentityRules> = {}) => {
  const { person: found, refusal } = createIdentifier(people, { ...terms, ...over })(one);
  return found ? `person: ${found.uid}` : (refusal?.split(':')[0] ?? '');
};

describe('the person behind an account', () => {
  const cases: readonly (readonly [string, Account, string])[] = [
    ['any cn of the configured provider’s identity', account('ann', oidc('Annie')), 'person: ann'],
    ['a cn in another case and Unicode form', account('ANN', oidc('aNN a')), 'person: ann'],
    ['a uid where only the older provider is there', account('bob', cas('BOB')), 'person: bob'],
    ['both identities where they name one person', account('ann', cas('ann'), oidc('Ann A')), 'person: ann'],
    [
      'the configured identity where the older one names nobody',
      account('ann', oidc('Ann A'), cas('old')),
      'person: ann',
    ],
    [
      'the older identity where the configured one has no name',
      account('ann', oidc(null), oidc(' '), cas('ann')),
      'person: ann',
    ],
    ['nobody without an identity', account('ann'), 'no identity'],
    [
      'nobody with the identity of another provider',
      account('ann', { provider: 'github', extern_uid: 'Ann A' }),
      'no identity',
    ],
    [
      'nobody with a provider in another case',
      account('ann', { provider: 'OpenID_Connect', extern_uid: 'Ann A' }),
      'no identity',
    ],
    ['nobody whom LDAP does not know', account('ann', oidc('Anna')), 'unknown person'],
    ['nobody by uid where the identity names a cn', account('ann', oidc('ann')), 'unknown person'],
    ['nobody by cn where the older identity names a uid', account('ann', cas('Ann A')), 'unknown person'],
    [
      'nobody where one of two identities is unknown',
      account('ann', oidc('Ann A'), oidc('Anna')),
      'unknown person',
    ],
    [
      'nobody by the older identity where the configured one is unknown',
      account('ann', oidc('Anna'), cas('ann')),
      'unknown person',
    ],
    ['not one of two people', account('twin1', oidc('Twin')), 'two people'],
    ['not one of two whom two identities name', account('ann', oidc('Ann A'), oidc('Bob')), 'mismatch'],
    ['not one of two whom two providers name', account('ann', oidc('Ann A'), cas('bob')), 'mismatch'],
    ['not somebody of another name', account('bob', oidc('Ann A')), 'mismatch'],
    ['not somebody who is disabled', account('eve', oidc('Eve')), 'disabled account'],
  ];
  test.each(cases)('is found by %s', (_, one, expected) => {
    expect(whoIs(one)).toBe(expected);
  });

  test('is named by uid where the configured provider is the older one', () => {
    expect(whoIs(account('bob', cas('bob'), oidc('Ann A')), { provider: 'cas3' })).toBe('person: bob');
  });
});

describe('a refusal says what was found', () => {
  const cases: readonly (readonly [string, Account, string])[] = [
    ['denied', account('ann', oidc('Ann A')), 'denied: ann is in DENIED_ACCOUNTS'],
    ['no-identity', account('bob'), 'no identity: nothing says whose account this is'],
    [
      'unknown-person',
      account('bob', oidc('Robert "Bob"')),
      'unknown person: nobody in LDAP is cn "Robert \\"Bob\\"" (openid_connect)',
    ],
    ['unknown-person', account('bob', cas('rob')), 'unknown person: nobody in LDAP is uid "rob" (cas3)'],
    [
      'two-people',
      account('twin1', oidc('Twin')),
      'two people: cn "Twin" (openid_connect) is uid=twin1,ou=people,dc=wikimedia,dc=org; uid=twin2,ou=people,dc=wikimedia,dc=org',
    ],
    [
      'mismatch',
      account('eve', oidc('Eve'), cas('bob')),
      'mismatch: its identities name different people: bob, eve',
    ],
    ['mismatch', account('zoe', oidc('Bob')), 'mismatch: the LDAP uid is bob, the GitLab username zoe'],
    ['disabled-account', account('eve', oidc('Eve')), 'disabled account: eve is disabled in LDAP'],
  ];
  test.each(cases)('%s', (refusalKind, one, refusal) => {
    const identify = createIdentifier(people.toReversed(), { ...terms, denied: ['ann'] });
    expect(identify(one)).toEqual({ refusalKind, refusal });
  });
});

/** One account for each refusal; `LATER[n]` meets refusal n and the ones after it as far as they go together. */
describe('refusals come in order', () => {
  const ORDER = ['denied', 'no identity', 'unknown person', 'two people', 'mismatch', 'disabled account'];
  const twinsOff = twins.map((one) => ({ ...one, disabled: true }));
  const pairs: readonly (readonly [string, string, Account, readonly string[]])[] = [
    ['denied', 'no identity', account('ann'), ['Ann']],
    ['denied', 'unknown person', account('ann', oidc('Anna')), ['ANN']],
    ['denied', 'two people', account('zoe', oidc('Twin')), ['twin2']],
    ['denied', 'mismatch', account('zoe', oidc('Ann A')), ['ann']],
    ['denied', 'disabled account', account('eve', oidc('Eve')), ['eve']],
    ['unknown person', 'two people', account('zoe', oidc('Anna'), oidc('Twin')), []],
    ['unknown person', 'mismatch', account('ann', oidc('Anna'), cas('bob')), []],
    ['unknown person', 'disabled account', account('eve', oidc('Eve'), oidc('Anna')), []],
    ['two people', 'mismatch', account('zoe', oidc('Twin')), []],
    ['two people', 'disabled account', account('twin1', oidc('Twin')), []],
    ['mismatch', 'disabled account', account('zoe', oidc('Eve')), []],
  ];
  test.each(pairs)('%s before %s', (first, second, one, denied) => {
    expect(ORDER.indexOf(first)).toBeLessThan(ORDER.indexOf(second));
    const known = [ann, bob, eve, ...(second === 'disabled account' ? twinsOff : twins)];
    expect(createIdentifier(known, { ...terms, denied })(one).refusal).toMatch(new RegExp(`^${first}: `));
  });

  test('a denied uid beats a username that is not denied, and the other way round', () => {
    expect(whoIs(account('ann', oidc('Ann A')), { denied: ['ANN'] })).toBe('denied');
    expect(whoIs(account('zoe', cas('bob')), { denied: ['Bob'] })).toBe('denied');
    expect(whoIs(account('zoe', oidc('Anna')), { denied: ['zoé', 'zo', 'zoe1'] })).toBe('unknown person');
  });
});

test('names to look up stand once each, apart by what they name', () => {
  const all = [
    account('ann', oidc('Ann A'), cas('ann')),
    account('x', oidc('ANN A')),
    account('y', oidc('')),
  ];
  expect(namesToLookUp(all, terms)).toEqual({ cns: ['ANN A'], uids: ['ann'] });
});

test('nobody is found who does not have exactly this name, whatever characters it has', () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      '*',
      '(',
      ')',
      '\\',
      '\0',
      'ann,ou=people',
      'Ann A*',
      '*)(uid=*',
      'a'.repeat(300),
      'Аnn A',
      '安',
    ),
    fc.string({ unit: anyCharacter }),
  );
  fc.assert(
    fc.property(hostile, (name) => {
      const { person: found } = createIdentifier(people, terms)(account('ann', oidc(name)));
      if (found) expect(['ann a', 'annie']).toContain(name.normalize('NFC').toLowerCase());
    }),
  );
});

test('a hostile name leads to its own bearer', () => {
  for (const cn of ['*', '(', '\\', 'a\0b', 'Doe, Jane', 'x'.repeat(300), 'Ωmega', '安']) {
    const bearer = person('odd', { cns: [cn] });
    expect(createIdentifier([...people, bearer], terms)(account('odd', oidc(cn))).person).toBe(bearer);
  }
});
