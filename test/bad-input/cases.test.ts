import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { casesJsonSchema, testPolicy } from '../../src/policy/policy-cases.ts';
import { reordered, textMutantsOf } from './mutants.ts';

const POLICY = readFileSync(new URL('../../src/jobs/growthbook-roles/policy.yaml', import.meta.url), 'utf8');
const CASES = [
  {
    name: 'an administrator',
    uid: 'ada',
    ldap: ['growthbook-admin'],
    posix: ['analytics-privatedata-users'],
    role: 'admin',
    rule: 2,
  },
  { uid: 'bob', disabled: true, ldap: ['growthbook-readonly'], on: '2026-06-01', role: 'noaccess' },
];
const answerTo = (text: string) => testPolicy(POLICY, text, 0);

test('a file of cases with one place spoilt is refused with what was found and what is allowed, or is another case', () => {
  const isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(casesJsonSchema());
  const original = answerTo(JSON.stringify(CASES));
  expect(original.map(({ ok }) => ok)).toEqual([true, true]);
  expect(answerTo(JSON.stringify(reordered(CASES)))).toEqual(original);
  const mutants = textMutantsOf(CASES);
  const wrong = mutants.flatMap(({ path, how, text }) => {
    const name = `${path}: ${how}`;
    try {
      answerTo(text);
      return isValid(parsed(text)) ? [] : [`${name}: is taken`];
    } catch (error) {
      const message = (error as Error).message;
      const isClear =
        error instanceof Error &&
        /found|allowed|exactly one|at line \d+, column/.test(message) &&
        message.length < 3000;
      return isClear ? [] : [`${name}: ${error}`];
    }
  });
  expect(wrong).toEqual([]);
  expect(mutants.length).toBeGreaterThan(200);
});

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
