import { describe, expect, test } from 'vitest';
import { factsFormat } from '../../../src/jobs/gitlab-approvals/facts-format.ts';
import type { ApprovalFacts } from '../../../src/jobs/gitlab-approvals/resolve.ts';
import { InvalidRequestError } from '../../../src/platform/errors.ts';
import { person } from '../../fixtures.ts';
import { asked, evidence, trustOf, waiting } from './approval-facts.ts';

const ann = person('ann');
const bob = person('ann and bob', { unreadable: 'two user names' });
const format = () => factsFormat(trustOf([{ ldap: 'wmf' }, { ldap: 'nda' }, { phabricator: 'trusted' }]));
const said = new Map([
  ['trusted', new Map([[ann.dn, { isMember: false, because: '2 accounts', worthReporting: true }]])],
  ['empty', new Map()],
]);
const facts: ApprovalFacts = {
  waiting: [waiting('ann')],
  people: [ann, bob],
  evidence: evidence(
    { wmf: ['ann', 'bob'], nda: [] },
    { phabricator: said, gerrit: asked('Trusted', { ann: true }) },
  ),
};
const recorded = {
  waiting: [waiting('ann')],
  people: [ann, bob],
  evidence: {
    groups: { wmf: [ann.dn, person('bob').dn], nda: [] },
    phabricator: {
      trusted: { [ann.dn]: { isMember: false, because: '2 accounts', worthReporting: true } },
      empty: {},
    },
    gerrit: { Trusted: { [ann.dn]: { isMember: true, because: 'ann is in Trusted' } } },
  },
};

test('facts are recorded as objects and lists', () => {
  expect(format().toJson(facts)).toEqual(recorded);
});

test('a recording gives the facts back', () => {
  const read = format().fromJson(structuredClone(recorded));
  expect(read).toStrictEqual(facts);
});

test.each(['off', 'failed'] as const)('a source that was %s is so in a recording', (word) => {
  const without = { ...facts, evidence: { ...facts.evidence, phabricator: word, gerrit: word } };
  const json = { ...recorded, evidence: { ...recorded.evidence, phabricator: word, gerrit: word } };
  expect(format().toJson(without)).toEqual(json);
  expect(format().fromJson(json)).toStrictEqual(without);
});

describe('a recording', () => {
  const over = (more: object) => ({ ...recorded, evidence: { ...recorded.evidence, ...more } });

  test('has to have each LDAP group that the policy names', () => {
    const read = () => format().fromJson(over({ groups: { nda: [] } }));
    expect(read).toThrow(
      new InvalidRequestError(
        'recording: the policy names LDAP groups that were not recorded (found wmf; record with --policy FILE)',
      ),
    );
  });

  test('has no group of a name that every object has', () => {
    const named = factsFormat(trustOf([{ ldap: 'constructor' }]));
    expect(() => named.fromJson(recorded)).toThrow('found constructor');
  });

  test('needs no group with nobody waiting', () => {
    const empty = { ...over({ groups: {} }), waiting: [] };
    expect(format().fromJson(empty).evidence.groups).toEqual(new Map());
  });

  test.each([
    ['an account without a state', { ...recorded, waiting: [{ id: 1, username: 'ann', identities: [] }] }],
    ['a person without a name', { ...recorded, people: [{ ...ann, uid: undefined }] }],
    ['a key that nobody knows', { ...recorded, more: 1 }],
    ['a source that nobody knows', over({ more: 'off' })],
    ['a word that is none', over({ phabricator: 'on' })],
    ['an answer without a sentence', over({ gerrit: { Trusted: { [ann.dn]: { isMember: true } } } })],
    [
      'an answer with a key that nobody knows',
      over({ gerrit: { Trusted: { [ann.dn]: { isMember: true, because: 'x', more: 1 } } } }),
    ],
    ['a group that is no list', over({ groups: { wmf: 'ann', nda: [] } })],
  ])('is refused with %s', (_, value) => {
    expect(() => format().fromJson(value)).toThrow(/^recording: facts\./);
  });
});
