import { describe, expect, test } from 'vitest';
import {
  attributesIn,
  matchesFilter,
  parseEntryFilter,
  parseFilter,
} from '../../../src/directories/ldap/filter.ts';

const entry = (attributes: Readonly<Record<string, readonly string[]>>) => ({
  dn: 'uid=ann,dc=x',
  attributes: Object.entries(attributes).map(([name, values]) => ({ name, values })),
});
const account = entry({
  userAccountControl: ['514'],
  nsAccountLock: ['TRUE'],
  title: ['Head of  Leaving'],
  'title;lang-fr': ['cheffe'],
  policy: ['CN=Disabled, OU=PPolicies,DC=x'],
  cn: ['Zoë (A)'],
});

describe('a filter on an entry', () => {
  test.each([
    ['(userAccountControl:1.2.840.113556.1.4.803:=2)', true],
    ['(userAccountControl:1.2.840.113556.1.4.803:=3)', false],
    ['(userAccountControl:1.2.840.113556.1.4.804:=3)', true],
    ['(userAccountControl:1.2.840.113556.1.4.804:=4)', false],
    ['(cn:1.2.840.113556.1.4.803:=2)', false],
    ['(nsaccountlock=true)', true],
    ['(title=head OF leaving)', true],
    ['(title=cheffe)', true],
    ['(title=*leav*)', true],
    ['(title=head*ing)', true],
    ['(title=head*of*of*)', false],
    ['(title=lea*)', false],
    ['(title=*)', true],
    ['(absent=*)', false],
    ['(!(absent=x))', true],
    ['(policy=cn=disabled,ou=ppolicies,dc=x)', true],
    ['(policy=cn=disabled,ou=ppolicies,*)', true],
    ['(policy=cn=disabled,ou=p,*)', false],
    ['(&(title=cheffe)(absent=x))', false],
    ['(|(title=cheffe)(absent=x))', true],
    ['(userAccountControl>=514)', true],
    ['(userAccountControl>=1000)', false],
    ['(userAccountControl<=1000)', true],
    ['(cn=Zo\\c3\\ab \\28A\\29)', true],
  ])('%s: %s', (text, expected) => {
    expect(matchesFilter(account, parseEntryFilter(text))).toBe(expected);
  });

  test('names its attributes, each once', () => {
    expect(attributesIn(parseFilter('(&(a=1)(!(b=*))(|(a=2)(c:1.2.840.113556.1.4.803:=2)))'))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });
});

test.each([
  '',
  'a=b',
  '(a=b',
  '(a=b))',
  '(a)',
  '(&)',
  '((a=b))',
  '(a=b)(c=d)',
  '(a=\\zz)',
  `(a=${'x'.repeat(5000)})`,
])('%j is refused with what is allowed', (text) => {
  expect(() => parseFilter(text)).toThrow('RFC 4515');
});

test.each(['(a:1.2.3:=x)', '(a:1.2.840.113556.1.4.803:=x)', '(a:dn:=x)', '(a~=b)'])(
  '%s cannot be evaluated here and is refused',
  (text) => {
    expect(() => parseEntryFilter(text)).toThrow(/of (matching rules|comparisons) only/);
  },
);
