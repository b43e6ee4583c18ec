import fc from 'fast-check';
import { subjects } from '../../src/jobs/gitlab-approvals/list-subjects.ts';
import { defaultTrust } from '../../src/jobs/gitlab-approvals/policy.ts';
import { describe, resolve } from '../../src/jobs/gitlab-approvals/resolve.ts';
import type { OptionalSource } from '../../src/jobs/gitlab-approvals/trust.ts';
import { policyAt } from '../../src/policy/dated-policy.ts';
import { explanationProblems } from '../explanations.ts';
import { type OracleAnswer, trusts } from './oracle.ts';

const GROUPS = ['wmf', 'nda', 'tools'];
const PEOPLE = ['ann', 'bob', 'cid', 'dan'];
const provider = 'openid_connect';
const trust = policyAt(
  defaultTrust({ organisations: ['wmf', 'nda'], toolforge: 'tools', project: 'trusted', group: 'Trusted' }),
  0,
);

/** How an account is tied to people. */
const TIES = ['its person', 'nobody', 'two people', 'no identity', 'another name'] as const;

const rarely = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
const answer = fc.oneof(fc.boolean(), fc.boolean(), fc.constant('unasked' as const));

/** What is known of one waiting account. */
const waiting = fc.record({
  tie: fc.oneof(
    { weight: 6, arbitrary: fc.constant('its person' as const) },
    { weight: 4, arbitrary: fc.constantFrom(...TIES) },
  ),
  groups: fc.subarray(GROUPS),
  phabricator: answer,
  gerrit: answer,
  denied: rarely,
  disabled: rarely,
});
const state = fc.constantFrom('asked', 'asked', 'off', 'failed');

/** Organisations of up to four waiting accounts. */
export const trustOrganisation = fc.record({
  accounts: fc.array(waiting, { maxLength: PEOPLE.length }),
  phabricator: state,
  gerrit: state,
});
export type TrustOrganisation = typeof trustOrganisation extends fc.Arbitrary<infer W> ? W : never;

const dnOf = (uid: string) => `uid=${uid},ou=people`;

function factsOf({ accounts, phabricator, gerrit }: TrustOrganisation) {
  const named = accounts.map((one, index) => ({ ...one, uid: PEOPLE[index] ?? '' }));
  const person = (uid: string, cn: string, disabled: boolean) => ({
    dn: dnOf(uid),
    uid,
    cns: [cn],
    mails: [],
    disabled,
  });
  const source = (state: string, key: 'phabricator' | 'gerrit', group: string): OptionalSource => {
    if (state === 'off' || state === 'failed') return state;
    const said = named.flatMap((one) => {
      const found = one[key];
      return found === 'unasked'
        ? []
        : [[dnOf(one.uid), { isMember: found, because: `${one.uid} was asked about` }] as const];
    });
    return new Map([[group, new Map(said)]]);
  };
  return {
    waiting: named.map(({ uid, tie }, index) => ({
      id: index + 1,
      username: tie === 'another name' ? `not-${uid}` : uid,
      state: 'blocked_pending_approval',
      bot: false,
      identities: tie === 'no identity' ? [] : [{ provider, extern_uid: uid }],
    })),
    people: named.flatMap(({ uid, tie, disabled }) => [
      ...(tie === 'nobody' ? [] : [person(uid, uid, disabled)]),
      ...(tie === 'two people' ? [person(`${uid}2`, uid, false)] : []),
    ]),
    evidence: {
      groups: new Map(
        GROUPS.map((group) => [
          group,
          new Set(named.filter(({ groups }) => groups.includes(group)).map(({ uid }) => dnOf(uid))),
        ]),
      ),
      phabricator: source(phabricator, 'phabricator', 'trusted'),
      gerrit: source(gerrit, 'gerrit', 'Trusted'),
    },
  };
}

/** What is wrong with the decisions of a organisation; nothing where they are what the oracle says. */
export function trustFaultsIn(organisation: TrustOrganisation): readonly string[] {
  const denied = organisation.accounts.flatMap((one, index) => (one.denied ? [PEOPLE[index] ?? ''] : []));
  const rules = { terms: { provider, denied }, trust };
  const facts = factsOf(organisation);
  const resolved = resolve(facts, rules);
  const all = subjects(facts, resolved, rules);
  const kinds = { approve: 'approve', undecided: 'undecided', wait: 'skipped' };
  return [
    ...resolved.decisions.flatMap((decision, index) => {
      const expected = kinds[expectedOf(organisation, index)];
      return decision.kind === expected
        ? []
        : [`${decision.label}: found ${decision.kind}, expected ${expected}: ${decision.because}`];
    }),
    ...explanationProblems(resolved, all, describe),
    ...(all.length === resolved.decisions.length ? [] : ['not one explanation for each account']),
  ];
}

function expectedOf({ accounts, ...sources }: TrustOrganisation, index: number): ReturnType<typeof trusts> {
  const one = accounts[index];
  if (!one || one.denied || one.tie !== 'its person' || one.disabled) return 'wait';
  const said = (key: 'phabricator' | 'gerrit'): OracleAnswer => {
    if (sources[key] === 'off') return 'off';
    const found = one[key];
    return sources[key] === 'failed' || found === 'unasked' ? 'failed' : found;
  };
  return trusts([
    { ways: ['wmf', 'nda'].map((group) => one.groups.includes(group)) },
    { ways: [one.groups.includes('tools')] },
    { ways: [said('phabricator')] },
    { ways: [said('gerrit')] },
  ]);
}
