import { describe, expect, test } from 'vitest';
import type { LdapPerson } from '../../../src/directories/ldap/groups-and-people.ts';
import type { Explained } from '../../../src/engine/model.ts';
import type { IdentityRules } from '../../../src/jobs/gitlab-approvals/identify.ts';
import { subjects } from '../../../src/jobs/gitlab-approvals/list-subjects.ts';
import { resolve } from '../../../src/jobs/gitlab-approvals/resolve.ts';
import type { Evidence } from '../../../src/jobs/gitlab-approvals/trust.ts';
import type { Condition } from '../../../src/policy/conditions.ts';
import type { DatedPolicy } from '../../../src/policy/dated-policy.ts';
import type { Account } from '../../../src/targets/gitlab/schema.ts';
import { person } from '../../fixtures.ts';
import { asked, cas, evidence, oidc, PROVIDER, trustOf, waiting } from './approval-facts.ts';

interface Organisation {
  readonly account?: Account;
  readonly people?: readonly LdapPerson[];
  readonly evidence?: Evidence;
  readonly trust?: DatedPolicy;
  readonly terms?: Partial<IdentityRules>;
}

const WMF = { ldap: 'wmf' };
const outside = { wmf: [], nda: [], staff: [] };

/** The one waiting account of a organisation as a subject: by default ann, whom no rule trusts. */
function subjectOf(organisation: Organisation) {
  const { account = waiting('ann'), people = [person('ann')], trust = trustOf([WMF]) } = organisation;
  const rules = { terms: { provider: PROVIDER, denied: [], ...organisation.terms }, trust };
  const facts = { waiting: [account], people, evidence: organisation.evidence ?? evidence(outside) };
  const resolved = resolve(facts, rules);
  const [subject, other] = subjects(facts, resolved, rules);
  if (!subject || other) throw new Error('not one subject');
  expect(subject.decision).toBe(resolved.decisions[0]);
  return subject;
}

const explained = (organisation: Organisation): Explained => subjectOf(organisation).explain();
const ADMINISTRATOR = 'An administrator of GitLab can approve the account too.';

describe('an account can be asked for', () => {
  test('by its name, its id, its identities, and by its person’s names and addresses', () => {
    const account = waiting('ann', {
      id: 7,
      identities: [cas('ann'), oidc('Ann A'), { provider: 'github', extern_uid: 'other' }],
    });
    const people = [person('ann', { cns: ['Ann A', 'Annie'], mails: ['a@example.org', 'b@example.org'] })];
    expect(subjectOf({ account, people }).names).toEqual([
      'ann',
      '7',
      'Ann A',
      'ann',
      'ann',
      'Ann A',
      'Annie',
      'a@example.org',
      'b@example.org',
    ]);
  });

  test('by its own names where its person is not known', () => {
    expect(subjectOf({ people: [] }).names).toEqual(['ann', '1', 'ann']);
  });

  test('although no decision was made about it', () => {
    const rules = { terms: { provider: PROVIDER, denied: [] }, trust: trustOf([WMF]) };
    const facts = { waiting: [waiting('ann')], people: [person('ann')], evidence: evidence(outside) };
    const [subject] = subjects(facts, { decisions: [], notes: [] }, rules);
    expect([subject?.decision, subject?.explain().desired]).toEqual([null, 'blocked_pending_approval']);
  });
});

test('an explanation shows the person, the account, what each source says, and the state now and then', () => {
  const account = waiting('ann', { id: 7, identities: [oidc('Ann "A"'), cas('ann')] });
  const ann = person('ann', { cns: ['Ann "A"'], mails: ['a@example.org', 'b@example.org'] });
  expect(explained({ account, people: [ann], evidence: evidence({ wmf: ['ann'] }) })).toEqual({
    person: { uid: 'ann', cns: ['Ann "A"'], mails: ['a@example.org', 'b@example.org'], disabled: false },
    account: {
      id: 7,
      username: 'ann',
      state: 'blocked_pending_approval',
      identities: account.identities,
    },
    statements: [
      {
        source: 'gitlab',
        says: 'ann is blocked_pending_approval; openid_connect "Ann \\"A\\"", cas3 "ann"',
      },
      {
        source: 'ldap',
        says: 'ann is uid=ann,ou=people,dc=wikimedia,dc=org; addresses: a@example.org, b@example.org',
      },
    ],
    rules: [{ rule: 1, description: null, answer: 'yes', because: 'ann is in LDAP wmf', missing: [] }],
    current: 'blocked_pending_approval',
    effective: 'blocked_pending_approval',
    desired: 'active',
    advice: ['Nothing to do: a run approves this account.'],
  });
});

test('an account without an identity has no person, no rules, and its own advice', () => {
  expect(explained({ account: waiting('ann', { identities: [] }) })).toMatchObject({
    person: null,
    statements: [
      { source: 'gitlab', says: 'ann is blocked_pending_approval; no identity' },
      { source: 'gitlab', says: 'no identity: nothing says whose account this is' },
    ],
    rules: [],
    desired: 'blocked_pending_approval',
  });
});

test('a person without an address is said to have none', () => {
  const { statements } = explained({ people: [person('ann', { mails: [] })] });
  expect(statements[1]?.says).toBe('ann is uid=ann,ou=people,dc=wikimedia,dc=org; addresses: none');
});

describe('Phabricator and Gerrit say something where the policy names them', () => {
  const both = trustOf([{ phabricator: 'trusted' }, { gerrit: 'Trusted' }]);
  const two = new Map([
    ...(asked('trusted', { ann: false }) as ReadonlyMap<string, never>),
    ...(asked('staff', { ann: false, bob: true }) as ReadonlyMap<string, never>),
  ]);
  const said = (trust: DatedPolicy, over: Partial<Evidence>) =>
    explained({ trust, evidence: evidence(outside, over) }).statements.slice(2);

  test.each([
    ['off', { phabricator: 'off', gerrit: 'failed' }, 'off: no credentials are set', 'did not answer'],
    ['not asked', {}, 'not asked', 'not asked'],
    [
      'asked about somebody else',
      { phabricator: two, gerrit: asked('Trusted', { bob: true }) },
      'ann is not in trusted; ann is not in staff',
      'not asked',
    ],
  ] as const)('%s', (_, over, phabricator, gerrit) => {
    expect(said(both, over)).toEqual([
      { source: 'phabricator', says: phabricator },
      { source: 'gerrit', says: gerrit },
    ]);
  });

  test('nothing of a source that the policy does not name, nor of a person who is not known', () => {
    expect(said(trustOf([{ gerrit: 'Trusted' }]), {})).toEqual([{ source: 'gerrit', says: 'not asked' }]);
    expect(said(trustOf([WMF]), {})).toEqual([]);
    expect(explained({ trust: both, people: [] }).statements).toHaveLength(2);
  });
});

describe('rules', () => {
  const answers = (organisation: Organisation) =>
    explained(organisation).rules.map(({ rule, answer, because }) => `${rule} ${answer}: ${because}`);

  test('after the first yes are not asked, and expired ones say so', () => {
    const trust = trustOf([WMF, { ldap: 'nda' }], { expired: [WMF] });
    expect(answers({ trust, evidence: evidence({ wmf: ['ann'], nda: ['ann'] }) })).toEqual([
      '1 yes: ann is in LDAP wmf',
      '2 off: not asked: rule 1 says yes',
      '3 off: the rule expired on 2026-05-01',
    ]);
    expect(explained({ trust, evidence: evidence({ wmf: ['ann'], nda: ['ann'] }) }).rules[1]).toEqual({
      rule: 2,
      description: null,
      answer: 'off',
      because: 'not asked: rule 1 says yes',
      missing: [],
    });
  });

  test('are all shown where none says yes, with what is missing', () => {
    const trust = trustOf([WMF, { ldap: 'nda' }], { expired: [WMF] });
    expect(answers({ trust })).toEqual([
      '1 no: ann is not in LDAP wmf',
      '2 no: ann is not in LDAP nda',
      '3 off: the rule expired on 2026-05-01',
    ]);
    expect(explained({ trust }).rules.map(({ missing }) => missing)).toEqual([
      ['ldap:wmf'],
      ['ldap:nda'],
      [],
    ]);
  });
});

describe('the advice to somebody who is refused', () => {
  const cases: readonly (readonly [string, Organisation, string])[] = [
    [
      'denied',
      { terms: { denied: ['ann'] } },
      'An administrator has denied this account; ask the administrators of GitLab.',
    ],
    [
      'without an identity',
      { account: waiting('ann', { identities: [] }) },
      'Sign in to GitLab once with your developer account, so that GitLab knows whose account this is.',
    ],
    [
      'unknown',
      { people: [] },
      'The developer account that GitLab names does not exist in LDAP; sign in to GitLab again, or ask the administrators.',
    ],
    [
      'one of two people',
      { people: [person('ann'), person('ann2', { cns: ['ann'] })] },
      'Several people in LDAP have this name; ask the administrators to make the names differ.',
    ],
    [
      'of another name',
      { people: [person('bob', { cns: ['ann'] })] },
      'The GitLab user name and the developer account differ; ask the administrators of GitLab to rename the account.',
    ],
    [
      'disabled',
      { people: [person('ann', { disabled: true })] },
      'The developer account is disabled in LDAP; ask the administrators of LDAP.',
    ],
  ];
  test.each(cases)('%s', (_, organisation, advice) => {
    expect(explained(organisation).advice).toEqual([advice]);
  });
});

describe('the advice to somebody whom no rule trusts', () => {
  const any = (...names: readonly string[]): Condition => ({ any: names.map((ldap) => ({ ldap })) });
  const all = (...inner: readonly Condition[]): Condition => ({ all: inner });
  type Row = readonly [string, DatedPolicy, string];
  const ways: readonly Row[] = [
    ['one group', trustOf([WMF]), 'in LDAP group wmf'],
    ['one of two groups', trustOf([any('wmf', 'nda')]), 'in LDAP group wmf or in LDAP group nda'],
    ['two groups', trustOf([all(WMF, { ldap: 'nda' })]), 'in LDAP group wmf and in LDAP group nda'],
    [
      'one of two groups, and a third',
      trustOf([all(any('wmf', 'nda'), { ldap: 'staff' })]),
      '(in LDAP group wmf or in LDAP group nda) and in LDAP group staff',
    ],
    [
      'what one of several rules asks for',
      trustOf([WMF, { phabricator: 'trusted' }, { gerrit: 'Trusted' }, { user: 'bob' }]),
      'in LDAP group wmf, or in Phabricator project trusted, or in Gerrit group Trusted, or the user bob',
    ],
    [
      'a group, outside of another',
      trustOf([all({ ldap: 'nda' }, { not: { user: 'ann' } })]),
      'in LDAP group nda and not the user ann',
    ],
    ['what the rules ask for once', trustOf([WMF, WMF]), 'in LDAP group wmf'],
    [
      'what the gate asks for, with what a rule asks for',
      trustOf([WMF, { gerrit: 'Trusted' }], { gate: any('nda', 'staff') }),
      '(in LDAP group nda or in LDAP group staff) and in LDAP group wmf, or (in LDAP group nda or in LDAP group staff) and in Gerrit group Trusted',
    ],
    [
      'what the gate alone asks for, where a rule says yes',
      trustOf([{ user: 'ann' }], { gate: { ldap: 'nda' } }),
      'in LDAP group nda',
    ],
    ['what a rule asks for inside the gate', trustOf([WMF], { gate: { user: 'ann' } }), 'in LDAP group wmf'],
    ['nothing of an expired rule', trustOf([WMF], { expired: [{ ldap: 'nda' }] }), 'in LDAP group wmf'],
  ];
  test.each(ways)('names %s', (_, trust, way) => {
    const no = { phabricator: asked('trusted', { ann: false }), gerrit: asked('Trusted', { ann: false }) };
    expect(explained({ trust, evidence: evidence(outside, no) }).advice).toEqual([
      `One of these is needed: to be ${way}. ${ADMINISTRATOR}`,
    ]);
  });

  test.each([
    ['every rule’s source is off', trustOf([{ gerrit: 'Trusted' }])],
    ['the gate’s source is off', trustOf([WMF], { gate: { gerrit: 'Trusted' } })],
    ['every rule has expired', trustOf([], { expired: [WMF] })],
  ])('names no way where %s', (_, trust) => {
    expect(explained({ trust, evidence: evidence(outside, { gerrit: 'off' }) }).advice).toEqual([
      `No rule can say yes now. ${ADMINISTRATOR}`,
    ]);
  });

  test('is to wait where a source did not answer and its answer could decide', () => {
    const trust = trustOf([WMF, { gerrit: 'Trusted' }]);
    expect(explained({ trust, evidence: evidence(outside, { gerrit: 'failed' }) }).advice).toEqual([
      'A source did not answer, so the answer is not known yet; the next run asks again.',
    ]);
  });

  test('names the gate where a source was not asked because of it', () => {
    const trust = trustOf([{ gerrit: 'Trusted' }], { gate: WMF });
    expect(explained({ trust }).advice).toEqual([
      `One of these is needed: to be in LDAP group wmf. ${ADMINISTRATOR}`,
    ]);
  });
});
