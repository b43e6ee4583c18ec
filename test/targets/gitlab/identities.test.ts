import { expect, test } from 'vitest';
import { identitiesOf } from '../../../src/targets/gitlab/identities.ts';

const PROVIDER = 'openid_connect';
const one = (provider: string, extern_uid: string | null) => ({ provider, extern_uid });

test.each([
  ['of the configured provider', [one(PROVIDER, 'Ann')], [one(PROVIDER, 'Ann')]],
  ['of the older provider', [one('cas3', 'ann')], [one('cas3', 'ann')]],
  ['of no other provider', [one('github', 'ann'), one('OpenID_Connect', 'ann')], []],
  ['with a name in them', [one(PROVIDER, null), one(PROVIDER, ''), one('cas3', ' \t')], []],
  [
    'in one order, whatever the order of the answer',
    [one(PROVIDER, 'b'), one('cas3', 'a'), one(PROVIDER, 'a'), one('cas3', 'c')],
    [one('cas3', 'a'), one(PROVIDER, 'a'), one(PROVIDER, 'b'), one('cas3', 'c')],
  ],
  ['as they are written', [one(PROVIDER, ' Ann ')], [one(PROVIDER, ' Ann ')]],
])('the identities that count are those %s', (_, identities, expected) => {
  expect(identitiesOf({ identities }, PROVIDER)).toEqual(expected);
});

test('an identity is its provider and its name, whatever else GitLab says of it', () => {
  const identities = [{ ...one(PROVIDER, 'Ann'), saml_provider_id: 7 }];
  expect(identitiesOf({ identities }, PROVIDER)).toEqual([one(PROVIDER, 'Ann')]);
});
