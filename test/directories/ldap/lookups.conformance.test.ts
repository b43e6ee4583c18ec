import { afterAll, describe, expect, test } from 'vitest';
import { findPeople, type LdapPerson } from '../../../src/directories/ldap/groups-and-people.ts';
import { sameName } from '../../../src/directories/same-name.ts';
import { ask, reader, settingsFor } from '../../sandbox/ldap/asking.ts';
import { startDirectories } from '../../sandbox/ldap/directories.ts';
import { groupEntry, peopleBase, personDn, personEntry, suffix } from '../../sandbox/ldap/people.ts';

const crowd = Array.from({ length: 301 }, (_, index) => `crowd${index}`);

const hostileNames = {
  star: 'wild*card',
  parentheses: 'a)(uid=*',
  backslash: 'back\\slash',
  comma: 'Doe, Jane + "J" <x>; #1',
  long: 'x'.repeat(300),
  cyrillic: 'Людмила Ж',
  japanese: '日本語の人',
  accents: 'Zoë Ångström',
};

const entries = [
  personEntry('ann', { cn: 'Ann Example' }),
  personEntry('eve'),
  personEntry('dov'),
  { ...personEntry('dov'), dn: `uid=dov,ou=former,${peopleBase}` },
  { ...personEntry('gus'), dn: `uid=gus,ou=elsewhere,${suffix}` },
  ...Object.entries(hostileNames).map(([uid, cn]) => personEntry(uid, { cn })),
  ...crowd.map((uid) => personEntry(uid)),
  groupEntry('staff', [personDn('ann')]),
];

const directories = await startDirectories({ entries, bind: [reader], anonymous: 'none' });

afterAll(async () => {
  await Promise.all(directories.map((directory) => directory.close()));
});

const uidsOf = (people: readonly LdapPerson[] | undefined) => people?.map(({ uid }) => uid).sort();

describe.each(directories)('lookups in the $name directory', ({ port }) => {
  const find = (cns: readonly string[], uids: readonly string[] = []) =>
    ask(settingsFor(port), (ldap) => findPeople(ldap, peopleBase, { cns, uids }));

  test.each(Object.entries(hostileNames))(
    '%s: a name finds its one person, whatever characters it has',
    async (uid, cn) => {
      const { answer } = await find([cn]);
      expect(uidsOf(answer)).toEqual([uid]);
      expect(answer?.[0]?.cns.some((one) => sameName(one, cn.toUpperCase()))).toBe(true);
    },
  );

  test.each([
    '*',
    'ann*',
    'wild*',
    '*)(uid=*',
    'ann)(uid=eve',
    '\\2a',
    'Ann\0Example',
    'ann\0',
    '\0',
    '',
    'y'.repeat(300),
    'Ann',
  ])('the name %j finds nobody, by cn or by uid', async (name) => {
    const { answer, error } = await find([name], name === 'Ann' ? [] : [name]);
    expect([answer, error]).toEqual([[], undefined]);
  });

  test('outer and repeated spaces count neither for a directory nor when names are compared afterwards', async () => {
    const { answer } = await find([' Ann  Example ']);
    expect(uidsOf(answer)).toEqual(['ann']);
    expect(answer?.[0]?.cns.some((cn) => sameName(cn, ' Ann  Example '))).toBe(true);
  });

  test('a person found by cn and by uid counts once', async () => {
    expect(uidsOf((await find(['ANN EXAMPLE'], ['ann', 'Eve'])).answer)).toEqual(['ann', 'eve']);
  });

  test.each([
    [150, 1],
    [151, 2],
    [301, 3],
  ])('%i names take %i searches', async (names, searches) => {
    const { answer, calls } = await find(crowd.slice(0, 60), crowd.slice(60, names));
    expect(answer).toHaveLength(names);
    expect(calls?.['search']).toBe(searches);
  });

  test('two people of one name are both found, wherever under the base they stand', async () => {
    expect(uidsOf((await find(['dov'])).answer)).toEqual(['dov', 'dov']);
  });

  test('people outside the base and groups are nobody', async () => {
    expect((await find(['staff', 'gus'], ['gus'])).answer).toEqual([]);
  });
});
