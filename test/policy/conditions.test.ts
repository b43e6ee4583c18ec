import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Condition,
  conditionSchema,
  exactlyOneOf,
  leavesOf,
  populationOf,
} from '../../src/policy/conditions.ts';

const LDAP = { ldap: 'staff' };
const USER = { user: 'ann' };
const POSIX = { posix: 'ops' };

/** A condition, and the groups and users who have to be looked up for it: undefined where it can be true for anybody. */
const POPULATIONS: readonly (readonly [string, Condition, readonly string[] | undefined])[] = [
  ['a group', LDAP, ['ldap:staff']],
  ['a denial', { not: LDAP }, undefined],
  ['any of two groups', { any: [POSIX, LDAP] }, ['posix:ops', 'ldap:staff']],
  ['any with a denial among its parts', { any: [LDAP, { not: POSIX }] }, undefined],
  ['any of denials', { any: [{ not: LDAP }, { not: POSIX }] }, undefined],
  ['all of two groups: the cheaper one', { all: [POSIX, LDAP] }, ['ldap:staff']],
  ['all of a user and a group of another source: the user', { all: [POSIX, USER] }, ['user:ann']],
  ['all of a user and an LDAP group: the group', { all: [USER, LDAP] }, ['ldap:staff']],
  ['all with a denial first: the part that is none', { all: [{ not: LDAP }, POSIX] }, ['posix:ops']],
  ['all of denials', { all: [{ not: LDAP }, { not: POSIX }] }, undefined],
  [
    'all with a part of several groups: its dearest counts',
    { all: [{ any: [LDAP, POSIX] }, USER] },
    ['user:ann'],
  ],
];

test.each(POPULATIONS)('people to look up for %s', (_what, condition, expected) => {
  expect(populationOf(condition)?.map(({ leaf, name }) => `${leaf}:${name}`)).toEqual(expected);
});

test('the names in a condition are found at every depth, also in a denial', () => {
  const condition = {
    all: [{ any: [LDAP, { not: POSIX }] }, { not: USER }, { phabricator: 'p', gerrit: undefined }],
  };
  expect(leavesOf(condition)).toEqual([
    { leaf: 'ldap', name: 'staff' },
    { leaf: 'posix', name: 'ops' },
    { leaf: 'user', name: 'ann' },
    { leaf: 'phabricator', name: 'p' },
  ]);
});

test('exactly one key is set: none and two are refused with what was found, and a key without a value counts as none', () => {
  const schema = z.looseObject({}).superRefine(exactlyOneOf(['a', 'b']));
  const issuesOf = (value: object) => schema.safeParse(value).error?.issues ?? [];
  expect(issuesOf({ a: 1, other: 2 })).toEqual([]);
  expect(issuesOf({ a: 1, b: undefined })).toEqual([]);
  expect(issuesOf({ other: 2 })).toMatchObject([
    { code: 'custom', path: [], message: 'exactly one of a, b (found none)' },
  ]);
  expect(issuesOf({ a: 1, b: 2 })).toMatchObject([{ message: 'exactly one of a, b (found a, b)' }]);
});

/** Made anew for each test: a schema reads its own keys when it is used for the first time. */
const faultsOf = (value: unknown) =>
  conditionSchema(['ldap', 'gerrit'], z.strictObject as typeof z.object)
    .safeParse(value)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

test.each<[string, unknown, readonly string[]]>([
  ['a group', { ldap: 'a' }, []],
  ['a user', { user: 'ann' }, []],
  ['any of three', { any: [{ ldap: 'a' }, { gerrit: 'b' }, { user: 'c' }] }, []],
  ['all of three', { all: [{ ldap: 'a' }, { gerrit: 'b' }, { not: { user: 'c' } }] }, []],
  ['nothing', {}, [': exactly one of ldap, gerrit, user, any, all, not (found none)']],
  [
    'two keys',
    { not: { ldap: 'a' }, all: [{ ldap: 'b' }] },
    [': exactly one of ldap, gerrit, user, any, all, not (found all, not)'],
  ],
  ['any of none', { any: [] }, ['any: Too small: expected array to have >=1 items']],
  ['all of none', { all: [] }, ['all: Too small: expected array to have >=1 items']],
  [
    'another source',
    { posix: 'a' },
    [': Unrecognized key: "posix"', ': exactly one of ldap, gerrit, user, any, all, not (found none)'],
  ],
  ['an empty name', { ldap: '' }, ['ldap: Too small: expected string to have >=1 characters']],
  [
    'a name with a character that is not seen',
    { ldap: 'a\u200b' },
    ['ldap: found U+200B (allowed: a name without control or invisible characters)'],
  ],
])('a condition of %s', (_what, value, faults) => {
  expect(faultsOf(value)).toEqual(faults);
});

test('the JSON Schema of a condition wants exactly one key', () => {
  const schema = z.toJSONSchema(conditionSchema(['ldap'], z.object), { io: 'input' });
  expect(schema).toMatchObject({ minProperties: 1, maxProperties: 1 });
});

test('each key of a condition has a description in the JSON Schema', () => {
  const text = JSON.stringify(z.toJSONSchema(conditionSchema(['ldap'], z.object), { io: 'input' }));
  for (const description of [
    'the person is in this LDAP group',
    'the person has this user name (uid)',
    'at least one of these is true',
    'each of these is true',
    'this is not true; a group that was not read is never',
  ])
    expect(text).toContain(description);
});
