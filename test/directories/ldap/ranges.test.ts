import { expect, test } from 'vitest';
import { withAllRanges } from '../../../src/directories/ldap/ranges.ts';

const entryWith = (name: string) => ({
  dn: 'cn=all,dc=wikimedia,dc=org',
  attributes: [
    { name: 'cn', values: ['all'] },
    { name, values: ['uid=ann', 'uid=bob'] },
  ],
});
const unexpected = async (): Promise<never> => {
  throw new Error('nothing is left to read');
};

test.each([
  'member;range=0--1',
  'member;range=0-',
  'member;range=-1',
  'member;range=',
  'member;range',
  'member;RANGE=a-b',
  'member;range=0-1;range=0-*',
  'member;range=0-*;lang-en',
])('an attribute named %s fails the read: its values are never left out', async (name) => {
  await expect(withAllRanges(entryWith(name), unexpected)).rejects.toThrow(
    "cn=all,dc=wikimedia,dc=org: the server's answer to member;",
  );
});

test.each(['member', 'member;lang-en', 'memberrange'])(
  'an attribute named %s has no range and stays as it is',
  async (name) => {
    expect(await withAllRanges(entryWith(name), unexpected)).toEqual(entryWith(name));
  },
);

test('a range up to the end is the whole attribute', async () => {
  const { attributes } = await withAllRanges(entryWith('member;range=0-*'), unexpected);
  expect(attributes.at(-1)).toEqual({ name: 'member', values: ['uid=ann', 'uid=bob'] });
});
