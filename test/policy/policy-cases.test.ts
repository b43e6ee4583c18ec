import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { casesJsonSchema, testPolicy } from '../../src/policy/policy-cases.ts';
import { policyJsonSchema } from '../../src/policy/policy-document.ts';
import { trustJsonSchema } from '../../src/policy/trust-document.ts';
import { emptyFolder, muster } from '../muster.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const README = readFileSync(new URL('../../src/policy/README.md', import.meta.url), 'utf8');
const blocks = [...README.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
const [ROLES = ''] = blocks;
const TRUST = blocks.find((text) => text.includes('trust: true')) ?? '';
const CASES = blocks.find((text) => text.includes('role: noaccess')) ?? '';

describe('examples held against a policy', () => {
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
    ['trust for a policy of roles', '- { trust: true }', 'found trust, allowed: role'],
    ['neither role nor trust', '- { uid: ada }', 'exactly one of role and trust'],
    ['both', '- { role: admin, trust: true }', 'exactly one of role and trust'],
    ['an unknown key', '- { role: admin, groups: [x] }', 'found the unknown key "groups"'],
    ['no list', 'role: admin', 'the cases: '],
    ['nothing', '', 'the cases: '],
    ['an empty list', '[]', 'the cases: '],
    ['broken YAML', '- {', 'the cases: '],
  ])('are refused for %s', (_, cases, words) => {
    expect(() => testPolicy(ROLES, cases, NOON)).toThrow(words);
  });

  test('are refused for a policy that is none', () => {
    expect(() => testPolicy('rules: []', CASES, NOON)).toThrow('a policy document');
  });
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

describe('muster policy', () => {
  test('test ends with 0 where all cases are as expected, with 1 where not, and with 4 for what it cannot read', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, 'policy.yaml'), ROLES);
    writeFileSync(join(cwd, 'cases.yaml'), CASES);
    writeFileSync(join(cwd, 'wrong.yaml'), '- { uid: ada, role: admin }');
    const right = await muster(['policy', 'test', 'policy.yaml', 'cases.yaml'], { cwd });
    expect([right.code, right.stdout]).toEqual([0, expect.stringContaining('All 4 cases are as expected')]);
    const wrong = await muster(['policy', 'test', 'policy.yaml', 'wrong.yaml'], { cwd });
    expect([wrong.code, wrong.stdout]).toEqual([
      1,
      expect.stringContaining('expected admin, found noaccess by rule 1'),
    ]);
    const missing = await muster(['policy', 'test', 'policy.yaml', 'none.yaml'], { cwd });
    expect([missing.code, missing.stderr]).toEqual([4, expect.stringContaining('the file cannot be read')]);
    const json = await muster(['policy', 'test', 'policy.yaml', 'wrong.yaml', '--json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, cases: [{ ok: false }] });
  });

  test('schema prints the schema', async () => {
    const { code, stdout } = await muster(['policy', 'schema', 'roles']);
    expect([code, JSON.parse(stdout)]).toEqual([0, JSON.parse(JSON.stringify(policyJsonSchema()))]);
  });
});
