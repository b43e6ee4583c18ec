import { expect, test } from 'vitest';
import { questionAbout } from '../../src/policy/condition-as-question.ts';
import type { Condition } from '../../src/policy/conditions.ts';

test.each<[Condition, string]>([
  [{ ldap: 'wmf' }, 'is ann in LDAP wmf?'],
  [{ user: 'ann' }, 'is ann the user ann?'],
  [{ not: { user: 'bob' } }, 'is ann not the user bob?'],
  [{ not: { any: [{ ldap: 'left' }] } }, 'is ann not in LDAP left?'],
  [
    { all: [{ all: [{ ldap: 'a' }, { ldap: 'b' }] }, { posix: 'p' }] },
    'is ann (in LDAP a and in LDAP b) and in POSIX p?',
  ],
  [{ any: [{ ldap: 'wmf' }, { ldap: 'nda' }] }, 'is ann in LDAP wmf or nda?'],
  [{ any: [{ ldap: 'wmf' }, { gerrit: 'g' }] }, 'is ann in LDAP wmf or in Gerrit g?'],
  [{ any: [{ user: 'ann' }, { user: 'bob' }] }, 'is ann the user ann or bob?'],
  [{ all: [{ ldap: 'wmf' }, { not: { ldap: 'left' } }] }, 'is ann in LDAP wmf and not in LDAP left?'],
  [
    { all: [{ ldap: 'wmf' }, { any: [{ posix: 'a' }, { posix: 'b' }] }] },
    'is ann in LDAP wmf and (in POSIX a or b)?',
  ],
  [{ not: { any: [{ ldap: 'a' }, { phabricator: 'b' }] } }, 'is ann not (in LDAP a or in Phabricator b)?'],
])('%j: %s', (condition, question) => {
  expect(questionAbout('ann', condition)).toBe(question);
});
