import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RuleAnswer } from '../../../src/engine/model.ts';
import { makePlan } from '../../../src/engine/plan.ts';
import { defaultTrust } from '../../../src/jobs/gitlab-approvals/policy.ts';
import {
  type ApprovalFacts,
  type ApprovalRules,
  describe as inWords,
  resolve,
} from '../../../src/jobs/gitlab-approvals/resolve.ts';
import type { Evidence, OptionalSource } from '../../../src/jobs/gitlab-approvals/trust.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import type { Account } from '../../../src/targets/gitlab/schema.ts';
import { person } from '../../fixtures.ts';
import { evidence as ofGroups, trustOf } from './approval-facts.ts';

const rules: ApprovalRules = {
  terms: { provider: 'openid_connect', denied: ['denied'] },
  trust: policyAt(
    defaultTrust({
      organisations: ['wmf', 'nda'],
      toolforge: 'project-tools',
      project: 'trusted',
      group: 'Trusted',
    }),
    0,
  ),
};

type Word = RuleAnswer['answer'];
const ann = person('ann');

const account = (uid: string, id = 1): Account => ({
  id,
  username: uid,
  state: 'blocked_pending_approval',
  bot: false,
  identities: [{ provider: 'openid_connect', extern_uid: uid }],
});

const saying = (group: string, word: Word, uids: readonly string[]): OptionalSource =>
  word === 'off' || word === 'failed'
    ? word
    : new Map([
        [
          group,
          new Map(
            uids.map((uid) => [person(uid).dn, { isMember: word === 'yes', because: `${uid} says ${word}` }]),
          ),
        ],
      ]);

const evidence = (words: readonly [Word, Word, Word, Word], uids: readonly string[] = ['ann']): Evidence => {
  const dns = new Set(uids.map((uid) => person(uid).dn));
  const nobody = new Set<string>();
  const [wmf, tools, phabricator, gerrit] = words;
  return {
    groups: new Map([
      ['wmf', nobody],
      ['nda', wmf === 'yes' ? dns : nobody],
      ['project-tools', tools === 'yes' ? dns : nobody],
    ]),
    phabricator: saying('trusted', phabricator, uids),
    gerrit: saying('Trusted', gerrit, uids),
  };
};

const decide = (words: readonly [Word, Word, Word, Word], over: Partial<ApprovalFacts> = {}) => {
  const facts = { waiting: [account('ann')], people: [ann], evidence: evidence(words), ...over };
  const [decision] = resolve(facts, rules).decisions;
  if (!decision) throw new Error('no decision');
  return decision;
};

describe('the truth table of the rules', () => {
  const LDAP: readonly Word[] = ['yes', 'no'];
  const OTHERS: readonly Word[] = ['yes', 'no', 'failed', 'off'];
  const rows = LDAP.flatMap((a) =>
    LDAP.flatMap((b) => OTHERS.flatMap((c) => OTHERS.map((d) => [a, b, c, d] as const))),
  );
  test.each(rows)('%s, %s, %s, %s', (...words) => {
    const first = words.indexOf('yes');
    const { kind, rule, tried, from, to, because } = decide(words);
    const asked = first < 0 ? words : words.slice(0, first + 1);
    expect(tried).toEqual(asked.map((answer, index) => ({ rule: index + 1, answer })));
    const expected = first >= 0 ? 'approve' : words.includes('failed') ? 'undecided' : 'skipped';
    expect([kind, rule]).toEqual([expected, first >= 0 ? first + 1 : null]);
    expect([from, to]).toEqual([
      'blocked_pending_approval',
      first >= 0 ? 'active' : 'blocked_pending_approval',
    ]);
    if (expected === 'skipped') expect(because).toBe('no rule trusts this account');
  });

  test('the reason of an approval names the person and the groups', () => {
    expect(decide(['yes', 'no', 'no', 'no'])).toMatchObject({
      because: 'ann is in LDAP nda',
      groups: ['ldap:nda'],
    });
    expect(decide(['no', 'yes', 'no', 'no']).groups).toEqual(['ldap:project-tools']);
    expect(decide(['no', 'no', 'yes', 'no'])).toMatchObject({
      because: 'ann says yes',
      groups: ['phabricator:trusted'],
    });
    expect(decide(['no', 'no', 'no', 'yes']).groups).toEqual(['gerrit:Trusted']);
  });

  test('a no that has a reason tells it', () => {
    const answers = new Map([
      ['trusted', new Map([[ann.dn, { isMember: false, because: '2 accounts', worthReporting: true }]])],
    ]);
    const because = decide(['no', 'no', 'no', 'no'], {
      evidence: { ...evidence(['no', 'no', 'no', 'no']), phabricator: answers },
    }).because;
    expect(because).toBe('no rule trusts this account; 2 accounts');
  });

  test('somebody whom a source was not asked about is undecided, never trusted or refused', () => {
    const words = { ...evidence(['no', 'no', 'no', 'no']), gerrit: new Map() };
    expect(decide(['no', 'no', 'no', 'no'], { evidence: words }).kind).toBe('undecided');
  });

  test.each([
    [['no', 'no', 'failed', 'no'], 'Phabricator trusted: not read, so the answer is not known'],
    [
      ['no', 'no', 'failed', 'failed'],
      'Phabricator trusted: not read, so the answer is not known; Gerrit Trusted: not read, so the answer is not known',
    ],
  ] as const)('an undecided account names what did not answer, and nothing else: %s', (words, because) => {
    expect(decide(words)).toMatchObject({ kind: 'undecided', because });
  });

  test.each([
    [
      'for somebody outside the gate the reason is the gate, not that no rule trusts them',
      'other',
      'ann is not in LDAP other',
    ],
    ['inside the gate the rules decide', 'nda', 'no rule trusts this account'],
  ])('%s', (_, gate, because) => {
    const trust = trustOf([{ ldap: 'wmf' }], { gate: { ldap: gate } });
    const [decision] = resolve(
      { waiting: [account('ann')], people: [ann], evidence: ofGroups({ wmf: [], nda: ['ann'], other: [] }) },
      { ...rules, trust },
    ).decisions;
    expect(decision).toEqual({
      account: '1',
      label: 'ann',
      row: account('ann'),
      kind: 'skipped',
      from: 'blocked_pending_approval',
      to: 'blocked_pending_approval',
      rule: null,
      groups: [],
      because,
      tried: [
        { rule: 9, answer: gate === 'nda' ? 'yes' : 'no' },
        { rule: 1, answer: 'no' },
      ],
    });
  });

  test('a rule that has expired is noted', () => {
    const trust = trustOf([{ ldap: 'wmf' }], { expired: [{ ldap: 'nda' }] });
    expect(resolve({ waiting: [], people: [], evidence: ofGroups({}) }, { ...rules, trust })).toEqual({
      decisions: [],
      notes: [{ kind: 'expired', account: null, label: 'rule 2', because: 'expired on 2026-05-01' }],
    });
  });

  test('a change of state is shown as an arrow', () => {
    expect(inWords('blocked_pending_approval', 'active')).toBe('blocked_pending_approval → active');
  });

  test('a group member is found by DN without regard to spelling', () => {
    const people = [{ ...ann, dn: 'UID=Ann, OU=people,DC=wikimedia,DC=org' }];
    expect(decide(['yes', 'no', 'off', 'off'], { people }).kind).toBe('approve');
  });
});

describe('every refusal beats every rule', () => {
  const refused: readonly (readonly [string, Account, Partial<ApprovalFacts>])[] = [
    ['denied', account('denied'), { people: [person('denied')] }],
    ['no identity', { ...account('ann'), identities: [] }, {}],
    ['unknown person', account('ann'), { people: [] }],
    ['two people', account('ann'), { people: [ann, person('ann2', { cns: ['ann'] })] }],
    ['mismatch', { ...account('ann'), username: 'bob' }, {}],
    ['disabled account', account('ann'), { people: [person('ann', { disabled: true })] }],
  ];
  const yes = [
    ['yes', 'no', 'no', 'no'],
    ['no', 'yes', 'no', 'no'],
    ['no', 'no', 'yes', 'no'],
    ['no', 'no', 'no', 'yes'],
    ['yes', 'yes', 'yes', 'yes'],
  ] as const;
  test.each(refused)('%s', (reason, waiting, over) => {
    for (const words of yes) {
      const all = {
        waiting: [waiting],
        evidence: evidence(words, ['ann', 'ann2', 'denied', 'bob']),
        ...over,
      };
      const decision = decide(words, all);
      expect(decision.because).toMatch(new RegExp(`^${reason}: `));
      expect(decision).toMatchObject({ kind: 'skipped', rule: null, tried: [], groups: [] });
    }
  });
});

/** The decision of the four rules as it always was, written down apart from the code. */
function expectedKind(words: readonly Word[]): readonly [string, number | null] {
  const first = words.indexOf('yes');
  if (first >= 0) return ['approve', first + 1];
  return [words.includes('failed') ? 'undecided' : 'skipped', null];
}

describe('laws', () => {
  const WORDS = fc.constantFrom<Word>('yes', 'no', 'failed', 'off');
  const one = fc.record({
    username: fc.constantFrom('ann', 'bob', 'eve', 'denied', 'zoe'),
    identities: fc.array(
      fc.record({
        provider: fc.constantFrom('openid_connect', 'cas3', 'github'),
        extern_uid: fc.constantFrom('ann', 'bob', 'EVE', 'denied', 'nobody', ''),
      }),
      { maxLength: 2 },
    ),
  });
  const organisation = fc.record({
    waiting: fc.array(one, { maxLength: 6 }).map((all) =>
      all.map(
        (some, index): Account => ({
          id: index + 1,
          state: 'blocked_pending_approval',
          bot: false,
          ...some,
        }),
      ),
    ),
    people: fc.subarray([ann, person('bob'), person('eve', { disabled: true }), person('denied')]),
    words: fc.tuple(WORDS, WORDS, WORDS, WORDS),
    trusted: fc.subarray(['ann', 'bob', 'eve', 'denied']),
  });
  const factsOf = ({
    waiting,
    people,
    words,
    trusted,
  }: Parameters<Parameters<typeof organisation.map>[0]>[0]): ApprovalFacts => ({
    waiting,
    people,
    evidence: evidence(words, trusted),
  });

  test('nobody is approved without positive evidence for the very person', () => {
    fc.assert(
      fc.property(organisation, (all) => {
        for (const { kind, label, tried, rule } of resolve(factsOf(all), rules).decisions) {
          if (kind !== 'approve') continue;
          expect(all.words).toContain('yes');
          expect(all.trusted).toContain(label);
          expect(all.people.map(({ uid }) => uid)).toContain(label);
          expect(tried?.at(-1)).toEqual({ rule, answer: 'yes' });
        }
      }),
    );
  });

  test('the variables stand for a policy that decides as the four rules always did', () => {
    fc.assert(
      fc.property(organisation, (all) => {
        for (const { kind, label, rule, tried = [] } of resolve(factsOf(all), rules).decisions) {
          if (tried.length === 0) continue;
          const [wmf, tools, ...others] = all.words;
          const own = (word: Word) => (all.trusted.includes(label) && word === 'yes' ? 'yes' : 'no');
          // Whom the optional sources were not asked about is unknown to them.
          const asked = others.map(
            (word): Word =>
              word === 'off' || word === 'failed' || all.trusted.includes(label) ? word : 'failed',
          );
          expect([kind, rule]).toEqual(expectedKind([own(wmf), own(tools), ...asked]));
        }
      }),
    );
  });

  test('a denied account is never approved', () => {
    fc.assert(
      fc.property(organisation, (all) => {
        const approved = resolve(factsOf(all), rules).decisions.filter(({ kind }) => kind === 'approve');
        expect(approved.map(({ label }) => label)).not.toContain('denied');
        for (const { account: id } of approved) {
          const names = all.waiting.find((each) => `${each.id}` === id)?.identities ?? [];
          const own = names
            .filter(({ provider }) => provider !== 'github')
            .map(({ extern_uid }) => extern_uid);
          if (all.people.some(({ uid }) => uid === 'denied')) expect(own).not.toContain('denied');
        }
      }),
    );
  });

  test('the order of accounts and of people makes no difference to the plan', () => {
    const identity = {
      target: {},
      compare: (a: { account: string }, b: { account: string }) => Number(a.account) - Number(b.account),
      hashInput: ({ account: id, rule }: { account: string; rule: number | null }) => ({ id, rule }),
    };
    fc.assert(
      fc.property(organisation, (all) => {
        const facts = factsOf(all);
        const turned = { ...facts, waiting: facts.waiting.toReversed(), people: facts.people.toReversed() };
        const decisions = resolve(facts, rules).decisions;
        const other = resolve(turned, rules).decisions;
        expect(other.toReversed()).toEqual(decisions);
        expect(makePlan(other, identity)).toEqual(makePlan(decisions, identity));
      }),
    );
  });

  test('each waiting account has exactly one decision', () => {
    fc.assert(
      fc.property(organisation, (all) => {
        const ids = resolve(factsOf(all), rules).decisions.map(({ account: id }) => Number(id));
        expect(ids).toEqual(all.waiting.map(({ id }) => id));
      }),
    );
  });
});
