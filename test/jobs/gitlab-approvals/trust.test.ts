import { describe, expect, test } from 'vitest';
import {
  type Evidence,
  evaluateTrust,
  isTrusted,
  needsAnswer,
  type OptionalName,
  rulesTried,
} from '../../../src/jobs/gitlab-approvals/trust.ts';
import type { DatedPolicy } from '../../../src/policy/dated-policy.ts';
import { person } from '../../fixtures.ts';
import { asked, evidence, trustOf } from './approval-facts.ts';

const ann = person('ann');
const LDAP = { ldap: 'wmf' };
const PHABRICATOR = { phabricator: 'trusted' };
const GERRIT = { gerrit: 'Trusted' };
const inWmf = { wmf: ['ann'] };
const nobody = { wmf: [] };

describe('a source has to be asked about a person', () => {
  type Row = readonly [string, OptionalName, DatedPolicy, Evidence, boolean];
  const rows: readonly Row[] = [
    ['where a rule waits for it', 'phabricator', trustOf([PHABRICATOR]), evidence({}), true],
    [
      'where a rule after a no waits for it',
      'phabricator',
      trustOf([LDAP, PHABRICATOR]),
      evidence(nobody),
      true,
    ],
    [
      'where a rule before a no waits for it',
      'phabricator',
      trustOf([PHABRICATOR, LDAP]),
      evidence(nobody),
      true,
    ],
    [
      'where a rule before the first yes waits for it',
      'phabricator',
      trustOf([PHABRICATOR, LDAP]),
      evidence(inWmf),
      true,
    ],
    [
      'not where the first rule says yes',
      'phabricator',
      trustOf([LDAP, PHABRICATOR]),
      evidence(inWmf),
      false,
    ],
    [
      'not where a rule before it says yes',
      'gerrit',
      trustOf([{ ldap: 'nda' }, LDAP, GERRIT]),
      evidence({ ...inWmf, nda: [] }),
      false,
    ],
    ['not where no rule names it', 'gerrit', trustOf([PHABRICATOR]), evidence({}), false],
    [
      'not for the answer of another source',
      'gerrit',
      trustOf([PHABRICATOR, GERRIT]),
      evidence({}, { gerrit: asked('Trusted', { ann: false }) }),
      false,
    ],
    [
      'not twice',
      'phabricator',
      trustOf([PHABRICATOR]),
      evidence({}, { phabricator: asked('trusted', { ann: false }) }),
      false,
    ],
    [
      'where it was asked about somebody else',
      'phabricator',
      trustOf([PHABRICATOR]),
      evidence({}, { phabricator: asked('trusted', { bob: true }) }),
      true,
    ],
    [
      'where one of two of its groups was not asked about',
      'phabricator',
      trustOf([{ any: [PHABRICATOR, { phabricator: 'other' }] }]),
      evidence({}, { phabricator: asked('trusted', { ann: false }) }),
      true,
    ],
    [
      'where a rule waits for both sources',
      'gerrit',
      trustOf([{ any: [PHABRICATOR, GERRIT] }]),
      evidence({}),
      true,
    ],
    [
      'not where it failed',
      'phabricator',
      trustOf([PHABRICATOR]),
      evidence({}, { phabricator: 'failed' }),
      false,
    ],
    [
      'not where it is off',
      'phabricator',
      trustOf([PHABRICATOR]),
      evidence({}, { phabricator: 'off' }),
      false,
    ],
    [
      'not where the rule is certain without it',
      'phabricator',
      trustOf([{ any: [LDAP, PHABRICATOR] }]),
      evidence(inWmf),
      false,
    ],
    [
      'not where an expired rule alone names it',
      'phabricator',
      trustOf([LDAP], { expired: [PHABRICATOR] }),
      evidence(nobody),
      false,
    ],
    [
      'where the gate waits for it, whatever the rules say',
      'phabricator',
      trustOf([LDAP], { gate: PHABRICATOR }),
      evidence(inWmf),
      true,
    ],
    [
      'where the gate is open and a rule waits',
      'phabricator',
      trustOf([PHABRICATOR], { gate: LDAP }),
      evidence(inWmf),
      true,
    ],
    [
      'not where the gate is shut',
      'phabricator',
      trustOf([PHABRICATOR], { gate: LDAP }),
      evidence(nobody),
      false,
    ],
    [
      'not where the gate is off',
      'phabricator',
      trustOf([PHABRICATOR], { gate: GERRIT }),
      evidence({}, { gerrit: 'off' }),
      false,
    ],
    [
      'where the gate itself is not known yet',
      'phabricator',
      trustOf([PHABRICATOR], { gate: GERRIT }),
      evidence({}, { gerrit: 'failed' }),
      true,
    ],
  ];
  test.each(rows)('%s (%s)', (_, source, policy, all, expected) => {
    expect(needsAnswer(ann, all, { policy, source })).toBe(expected);
  });
});

describe('the rules that were tried', () => {
  const triedOf = (policy: DatedPolicy, all: Evidence) => {
    const evaluation = evaluateTrust(ann, all, policy);
    return [
      isTrusted(evaluation),
      rulesTried(evaluation, policy).map(({ rule, answer }) => `${rule} ${answer}`),
    ];
  };

  test.each([
    ['end with the first yes', trustOf([{ ldap: 'nda' }, LDAP, LDAP]), inWmf, [true, ['1 no', '2 yes']]],
    ['begin with the gate', trustOf([LDAP, LDAP], { gate: LDAP }), inWmf, [true, ['9 yes', '1 yes']]],
    [
      'are all rules in force where nobody is trusted',
      trustOf([LDAP, { ldap: 'nda' }], { expired: [LDAP] }),
      nobody,
      [false, ['1 no', '2 no']],
    ],
    [
      'are not the expired ones, however many',
      trustOf([LDAP], { expired: [LDAP, LDAP] }),
      nobody,
      [false, ['1 no']],
    ],
    [
      'are all of them behind a gate that is shut',
      trustOf([LDAP], { gate: { ldap: 'nda' } }),
      inWmf,
      [false, ['9 no', '1 yes']],
    ],
  ])('%s', (_, policy, groups, expected) => {
    expect(triedOf(policy, evidence({ nda: [], ...groups }))).toEqual(expected);
  });
});

describe('a rule for a user', () => {
  const trusts = (user: string) =>
    isTrusted(evaluateTrust(ann, evidence({}), trustOf([{ any: [{ user }, { user: 'zoe' }] }])));

  test.each([
    ['ann', true],
    ['ANN', true],
    ['bob', false],
    ['an', false],
  ])('%s trusts ann: %s', (user, expected) => {
    expect(trusts(user)).toBe(expected);
  });
});

test('a person is in the groups of a source that say so, each with its own sentence', () => {
  const policy = trustOf([{ all: [PHABRICATOR, { phabricator: 'staff' }] }]);
  const phabricator = new Map([
    ['trusted', new Map([[ann.dn, { isMember: true, because: 'ann is in trusted' }]])],
    ['staff', new Map([[ann.dn, { isMember: false, because: 'ann is not in staff' }]])],
    ['empty', new Map()],
  ]);
  expect(evaluateTrust(ann, evidence({}, { phabricator }), policy)).toEqual({
    role: 'untrusted',
    rule: 2,
    because: 'ann matches no rule',
    groups: [],
    unknown: null,
    answers: [
      {
        rule: 1,
        description: null,
        answer: 'no',
        because: 'ann is not in staff',
        groups: [],
        missing: ['phabricator:staff'],
        remarks: [],
      },
    ],
  });
});
