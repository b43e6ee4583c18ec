import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { casesJsonSchema, testPolicy } from '../../src/policy/policy-cases.ts';
import { policyJsonSchema } from '../../src/policy/policy-document.ts';
import { trustJsonSchema } from '../../src/policy/trust-document.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const README = readFileSync(new URL('../../src/policy/README.md', import.meta.url), 'utf8');
const blocks = [...README.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
const [ROLES = ''] = blocks;
const TRUST = blocks.find((text) => text.includes('trust: true')) ?? '';
const CASES = blocks.find((text) => text.includes('role: noaccess')) ?? '';

describe('examples checked against a policy', () => {
  test('of the page about policies are as expected', () => {
    expect(testPolicy(ROLES, CASES, NOON).filter(({ ok }) => !ok)).toEqual([]);
  });

  test('are wrong with another role or by another rule, and each rule says why', () => {
    const cases =
      '- { uid: ada, posix: [analytics-privatedata-users], ldap: [growthbook-admin], role: engineer }';
    const [result] = testPolicy(ROLES, cases, NOON);
    expect(result).toMatchObject({ ok: false, expected: 'engineer', found: 'admin by rule 2' });
    expect(result?.answers.map(({ rule, answer }) => [rule, answer])).toEqual([
      [1, 'yes'],
      [2, 'yes'],
      [3, 'no'],
      [4, 'no'],
    ]);
    const [other] = testPolicy(ROLES, cases.replace('engineer', 'admin, rule: 3'), NOON);
    expect(other).toMatchObject({ ok: false, expected: 'admin by rule 3', found: 'admin by rule 2' });
  });

  test.each([
    ['before the day a rule expires', '2027-01-14', 'engineer'],
    ['on that day', '2027-01-15', 'noaccess'],
  ])('are asked on their own day: %s', (_, on, role) => {
    const cases = `- { uid: ann, posix: [analytics-privatedata-users], on: ${on}, role: ${role} }`;
    expect(testPolicy(ROLES, cases, NOON)[0]?.ok).toBe(true);
  });

  test('work for trust in accounts', () => {
    const cases = `
- { uid: ada, ldap: [wmde], trust: true, rule: 1 }
- { uid: bob, gerrit: [Trusted-Contributors], trust: true }
- { uid: cid, trust: false }`;
    expect(testPolicy(TRUST, cases, NOON).map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  test('work for a list of projects', () => {
    const list = blocks.find((text) => text.startsWith('- project')) ?? '';
    const cases = '- { uid: ada, ldap: [b], project: prj_search, role: readonly }';
    expect(testPolicy(list, cases, NOON)[0]?.ok).toBe(true);
    expect(() => testPolicy(list, '- { ldap: [b], role: readonly }', NOON)).toThrow(
      'case 1: project: found none, allowed: prj_experiments, prj_search',
    );
  });

  test.each([
    [
      'a group that no rule names',
      '- { ldap: [growthbook-admins], role: admin }',
      'case 1: ldap: found growthbook-admins, allowed: growthbook-admin',
    ],
    [
      'a source that no rule names',
      '- { gerrit: [x], role: admin }',
      'gerrit: found x, allowed: none, since no rule names any',
    ],
    [
      'a role that is not in order',
      '- { role: emperor }',
      'case 1: role: found emperor, allowed: noaccess, readonly, engineer, admin',
    ],
    [
      'several faults',
      '- { role: admin }\n- { role: emperor, ldap: [x], gerrit: [y] }\n- { project: p, role: admin }',
      'case 2: role: found emperor, allowed: noaccess, readonly, engineer, admin; case 2: ldap: found x, allowed: growthbook-admin, growthbook-engineers, contractors; case 2: gerrit: found y, allowed: none, since no rule names any; case 3: project: found p, allowed: none',
    ],
    ['trust for a policy of roles', '- { trust: true }', 'found trust, allowed: role'],
    ['neither role nor trust', '- { uid: ada }', 'exactly one of role and trust'],
    ['both', '- { role: admin, trust: true }', 'exactly one of role and trust'],
    ['an unknown key', '- { role: admin, groups: [x] }', 'found the unknown key "groups"'],
    ['nothing', '', 'the cases: '],
  ])('are refused for %s', (_, cases, words) => {
    expect(() => testPolicy(ROLES, cases, NOON)).toThrow(words);
  });

  test('are refused for a policy that is none', () => {
    expect(() => testPolicy('rules: []', CASES, NOON)).toThrow('a policy document');
  });
});

const SMALL = `
order: [noaccess, readonly, admin]
gate: none
rules:
  - { rule: 2, when: { ldap: a }, role: readonly, expires: 2026-06-02 }
  - { rule: 3, when: { all: [{ posix: p }, { user: ann }] }, role: admin }
otherwise: { rule: 9 }
`;
const SMALL_TRUST = 'rules: [{ rule: 1, when: { ldap: a }, trust: true }]';
const resultsOf = (cases: string, policy = SMALL, now = NOON) =>
  testPolicy(policy, cases, now).map(({ answers: _, ...result }) => result);

describe('a result is what was expected, what was found and why', () => {
  test.each([
    [
      'a role as expected, of a case without a name',
      '- { uid: ann, ldap: [a], posix: [p], role: admin }',
      {
        name: 'ann, in ldap:a and posix:p',
        ok: true,
        expected: 'admin',
        found: 'admin',
        because: 'ann is in POSIX p and the user ann',
      },
    ],
    [
      'a role and a rule as expected',
      '- { name: a reader, ldap: [a], role: readonly, rule: 2 }',
      {
        name: 'a reader',
        ok: true,
        expected: 'readonly by rule 2',
        found: 'readonly by rule 2',
        because: 'somebody is in LDAP a',
      },
    ],
    [
      'another role: the name of the user is not that of the rule',
      '- { uid: bob, posix: [p], role: admin }',
      {
        name: 'bob, in posix:p',
        ok: false,
        expected: 'admin',
        found: 'noaccess by rule 9',
        because: 'bob matches no rule',
      },
    ],
    [
      'somebody in no group',
      '- { role: noaccess }',
      {
        name: 'somebody, in no group',
        ok: true,
        expected: 'noaccess',
        found: 'noaccess',
        because: 'somebody matches no rule',
      },
    ],
    [
      'somebody who is disabled',
      '- { uid: ann, ldap: [a], disabled: true, role: noaccess, rule: 3 }',
      {
        name: 'ann, in ldap:a',
        ok: false,
        expected: 'noaccess by rule 3',
        found: 'noaccess by rule 9',
        because: 'ann is disabled',
      },
    ],
  ])('%s', (_, cases, result) => {
    expect(resultsOf(cases)).toEqual([result]);
  });

  test('trust, and its absence', () => {
    const cases = '- { ldap: [a], trust: false }\n- { trust: true }';
    expect(resultsOf(cases, SMALL_TRUST)).toMatchObject([
      { ok: false, expected: 'untrusted', found: 'trusted by rule 1' },
      { ok: false, expected: 'trusted', found: 'untrusted by rule 2' },
    ]);
    expect(() => testPolicy(SMALL_TRUST, '- { role: admin }', NOON)).toThrow(
      new Error('case 1: found role, allowed: trust'),
    );
  });

  test('on a project, which its name says', () => {
    const list = JSON.stringify([
      { project: 'prj_a', policy: parse(SMALL) as object },
      { project: 'prj_b', policy: { ...(parse(SMALL) as object), otherwise: { rule: 7 } } },
    ]);
    expect(resultsOf('- { project: prj_b, role: noaccess, rule: 7 }', list)).toMatchObject([
      { name: 'somebody on prj_b, in no group', ok: true },
    ]);
  });

  test('without a day of its own a case is about now', () => {
    const [day, cases] = [Date.UTC(2026, 5, 2), '- { ldap: [a], role: readonly }'];
    expect(resultsOf(cases, SMALL, day - 1)).toMatchObject([{ ok: true }]);
    expect(resultsOf(cases, SMALL, day)).toMatchObject([{ ok: false }]);
  });

  test('the answers of all rules are those of the evaluation', () => {
    expect(testPolicy(SMALL, '- { ldap: [a], role: readonly }', NOON)[0]?.answers).toEqual([
      { rule: 2, answer: 'yes', because: 'somebody is in LDAP a', missing: [] },
      {
        rule: 3,
        answer: 'no',
        because: 'somebody is not in POSIX p and not the user ann',
        missing: ['posix:p', 'user:ann'],
      },
    ]);
  });
});

describe('a file of cases that is none is refused', () => {
  test.each([
    [
      'broken YAML',
      '- {',
      'the cases: Flow map in block collection must be sufficiently indented and end with a } at line 1, column 4',
    ],
    ['an object', 'role: admin', 'the cases: found an object (allowed: a list)'],
    ['no case', '[]', 'the cases: found an empty list (allowed: at least 1 entries)'],
    [
      'several wrong values',
      '- 5\n- { role: admin, ldap: [a, 7] }',
      'the cases: case 1: found 5 (allowed: an object); case 2: ldap: 1: found 7 (allowed: text)',
    ],
  ])('%s', (_, cases, message) => {
    expect(() => testPolicy(SMALL, cases, NOON)).toThrow(new Error(message));
  });

  test('with the error of the YAML library as its cause', () => {
    const read = () => testPolicy(SMALL, '- {', NOON);
    expect(read).toThrow(expect.objectContaining({ cause: expect.any(Error) }));
  });
});

test.each([
  ['rules: [5, null, { trust: true }]', 'rules.0: found 5'],
  [
    'rules: [{ rule: 1, when: { ldap: a } }, { rule: 2, when: { ldap: b }, trust: true }]',
    'a policy document: rules.0.trust: found nothing (allowed: true)',
  ],
  ['rules: [{ rule: 1, when: { ldap: a } }]', 'order: found nothing'],
  ['rules: { trust: true }', 'rules: found an object (allowed: a list)'],
  ['', 'the document: found null (allowed: an object)'],
])('a policy is of trust where a rule has that key: %s', (policy, fault) => {
  expect(() => testPolicy(policy, '- { trust: true }', NOON)).toThrow(fault);
});

describe('the JSON Schemas beside the page', () => {
  test.each([
    ['roles', policyJsonSchema],
    ['trust', trustJsonSchema],
    ['cases', casesJsonSchema],
  ])('%s is that of the code (muster policy schema %s writes it anew)', (name, schema) => {
    const file = new URL(`../../src/policy/${name}.schema.json`, import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema())));
  });

  test('take the cases of the page, and no others', () => {
    const isValid = new Ajv2020({ formats: { date: true } }).compile(casesJsonSchema());
    const cases = parse(CASES) as object[];
    expect(isValid(cases)).toBe(true);
    expect(isValid([{ ...cases[0], groups: [] }])).toBe(false);
  });
});
