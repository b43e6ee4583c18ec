import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parseTrust, trustJsonSchema } from '../../src/policy/trust-document.ts';

const rule = (over: object = {}) => ({ rule: 1, when: { ldap: 'staff' }, trust: true, ...over });
const document = (over: object = {}): string => JSON.stringify({ rules: [rule()], ...over });

describe('a document of trust', () => {
  test('is read as a policy in which every rule gives trust', () => {
    const text = document({
      rules: [rule({ description: 'staff' }), rule({ rule: 2, when: { gerrit: 'g' } })],
    });
    expect(parseTrust(text)).toEqual({
      order: ['untrusted', 'trusted'],
      gate: 'none',
      rules: [
        { rule: 1, description: 'staff', when: { ldap: 'staff' }, role: 'trusted' },
        { rule: 2, when: { gerrit: 'g' }, role: 'trusted' },
      ],
      otherwise: { rule: 3 },
      mayBeEmpty: [],
    });
  });

  test.each([
    [{ rules: [rule({ when: { any: [{ phabricator: 'p' }, { gerrit: 'g' }, { user: 'ann' }] } })] }],
    [{ rules: [rule({ expires: '2027-01-01', reason: 'a trial' })] }],
    [{ gate: { not: { ldap: 'blocked' } } }],
    [{ version: 2 }],
  ])('may say %j', (over) => {
    expect(() => parseTrust(document(over))).not.toThrow();
  });

  test('has a number for everybody else above those of its rules and of its gate', () => {
    const gate = { rule: 7, not: { ldap: 'blocked' } };
    expect(parseTrust(document({ gate })).otherwise).toEqual({ rule: 8 });
    expect(parseTrust(document({ gate, rules: [rule({ rule: 9 })] })).otherwise).toEqual({ rule: 10 });
  });

  test.each([
    ['no rule', { rules: [] }, /rules/],
    ['a role', { rules: [rule({ role: 'admin' })] }, /role/],
    ['a rule without trust', { rules: [{ rule: 1, when: { ldap: 'a' } }] }, /rules\.0\.trust/],
    ['trust that is false', { rules: [rule({ trust: false })] }, /rules\.0\.trust/],
    ['a POSIX group', { rules: [rule({ when: { posix: 'a' } })] }, /posix/],
    ['a rule for everybody else', { rules: [rule({ when: { not: { ldap: 'a' } } })] }, /people in no group/],
    ['a number twice', { rules: [rule(), rule()] }, /rule 1 occurs twice/],
    ['wikitext that would be published', { rules: [rule({ description: '[[x]]' })] }, /published/],
    ['an order', { order: ['a', 'b'] }, /order/],
  ])('is refused for %s', (_, over, message) => {
    expect(() => parseTrust(document(over))).toThrow(message);
  });
});

test('the JSON Schema accepts what the parser accepts, and refuses another source', () => {
  const isValid = new Ajv2020({ formats: { date: true } }).compile(trustJsonSchema());
  expect(isValid(JSON.parse(document())), JSON.stringify(isValid.errors)).toBe(true);
  expect(isValid(JSON.parse(document({ rules: [rule({ when: { posix: 'a' } })] })))).toBe(false);
  expect(isValid(JSON.parse(document({ rules: [rule({ trust: false })] })))).toBe(false);
});
