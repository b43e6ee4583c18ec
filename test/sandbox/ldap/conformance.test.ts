import { Client, type Entry, EqualityFilter, NoSuchObjectError, type SearchOptions } from 'ldapts';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { reader } from './asking.ts';
import { slapdMissing, startDirectories } from './directories.ts';
import {
  groupEntry,
  groupsBase,
  peopleBase,
  personDn,
  personEntry,
  posixGroupEntry,
  suffix,
  uniqueGroupEntry,
} from './people.ts';

const number = (uidNumber: number) => ({
  objectClass: ['inetOrgPerson', 'posixAccount'],
  uidNumber: String(uidNumber),
  gidNumber: '500',
  homeDirectory: '/home',
});

const entries = [
  personEntry('ann', { more: { 'mail;lang-en': 'ann.en@example.org', ...number(6) } }),
  personEntry('bob', { mail: ['bob@example.org'], more: number(9) }),
  personEntry('cem', { more: number(12) }),
  groupEntry('inner', [personDn('ann')]),
  groupEntry('outer', [personDn('bob'), `cn=inner,${groupsBase}`]),
  uniqueGroupEntry('unique', [personDn('ann')]),
  posixGroupEntry('posix', ['ann', 'bob']),
];

const directories = await startDirectories({ entries, bind: [reader], anonymous: 'none' });
const discreet = await startDirectories({ entries, bind: [reader], hidden: ['mail'] });
const missing = await slapdMissing();

afterAll(async () => {
  await Promise.all([...directories, ...discreet].map((directory) => directory.close()));
});

async function search(
  port: number,
  base: string,
  options: SearchOptions,
  who: 'reader' | 'nobody' = 'reader',
) {
  const client = new Client({ url: `ldap://127.0.0.1:${port}` });
  onTestFinished(() => client.unbind());
  if (who === 'reader') await client.bind(reader.dn, reader.password);
  return (await client.search(base, options)).searchEntries;
}

const listed = (value: Entry[string] | undefined) => [value ?? []].flat().map(String).toSorted();
const uids = (found: readonly Entry[]) => found.flatMap((entry) => listed(entry['uid'])).toSorted();

test('a real slapd takes part, or this test says that it does not', ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(directories.map(({ name }) => name)).toEqual(['embedded', 'slapd']);
});

describe.each(directories)('the $name directory', ({ port }) => {
  test('has a root DSE, also without a bind, with its naming contexts on request', async () => {
    const asked: SearchOptions = { scope: 'base', attributes: ['namingContexts'] };
    const [root] = await search(port, '', asked, 'nobody');
    expect([root?.dn, listed(root?.['namingContexts'])]).toEqual(['', [suffix]]);
    const [plain] = await search(port, '', { scope: 'base' }, 'nobody');
    expect(Object.keys(plain ?? {}).toSorted()).toEqual(['dn', 'objectClass']);
  });

  test('has contextCSN at its suffix, on request and nowhere else', async () => {
    const asked: SearchOptions = { scope: 'base', attributes: ['contextCSN'] };
    const [top] = await search(port, suffix, asked);
    expect(listed(top?.['contextCSN'])[0]).toMatch(/^\d{14}\.\d{6}Z#[0-9a-f]{6}#[0-9a-f]{3}#[0-9a-f]{6}$/);
    const [plain] = await search(port, suffix, { scope: 'base' });
    expect(plain).not.toHaveProperty('contextCSN');
    const [below] = await search(port, personDn('ann'), asked);
    expect(below?.['contextCSN']).toEqual([]);
  });

  test('answers noSuchObject for a base that does not exist', async () => {
    for (const base of [`ou=nowhere,${suffix}`, `ou=groups,ou=nowhere,${suffix}`]) {
      await expect(search(port, base, { scope: 'sub' })).rejects.toThrow(NoSuchObjectError);
    }
  });

  test('keeps members where the class of the group has them', async () => {
    const attributes = ['member', 'uniqueMember', 'memberUid'];
    const group = async (cn: string) =>
      (await search(port, groupsBase, { filter: `(cn=${cn})`, attributes }))[0];
    const unique = await group('unique');
    expect([unique?.['member'], listed(unique?.['uniqueMember'])]).toEqual([[], [personDn('ann')]]);
    expect(listed((await group('posix'))?.['memberUid'])).toEqual(['ann', 'bob']);
    expect(listed((await group('outer'))?.['member'])).toContain(`cn=inner,${groupsBase}`);
  });

  const english = (value: string) => new EqualityFilter({ attribute: 'mail;lang-en', value });

  test('sends an attribute with its options to who asks for the attribute, and matches both', async () => {
    const [ann] = await search(port, peopleBase, { filter: '(uid=ann)', attributes: ['mail'] });
    expect([ann?.['mail'], ann?.['mail;lang-en']]).toEqual(['ann@example.org', 'ann.en@example.org']);
    const [other] = await search(port, peopleBase, { filter: '(uid=ann)', attributes: ['mail;lang-en'] });
    expect(Object.keys(other ?? {}).toSorted()).toEqual(['dn', 'mail;lang-en']);
    expect(uids(await search(port, peopleBase, { filter: '(mail=ann.en@example.org)' }))).toEqual(['ann']);
    expect(uids(await search(port, peopleBase, { filter: english('ann@example.org') }))).toEqual([]);
    expect(uids(await search(port, peopleBase, { filter: english('ann.en@example.org') }))).toEqual(['ann']);
  });

  test.each([
    ['(uidNumber:1.2.840.113556.1.4.803:=2)', ['ann']],
    ['(uidNumber:1.2.840.113556.1.4.803:=12)', ['cem']],
    ['(uidNumber:1.2.840.113556.1.4.804:=3)', ['ann', 'bob']],
    ['(!(uidNumber:1.2.840.113556.1.4.803:=8))', ['ann']],
    ['(uidNumber>=9)', ['bob', 'cem']],
    ['(uidNumber<=9)', ['ann', 'bob']],
  ])('finds by %s', async (filter, expected) => {
    const found = await search(port, peopleBase, { filter: `(&(uid=*)${filter})` });
    expect(uids(found)).toEqual(expected);
  });
});

describe.each(discreet)('the $name directory with a hidden attribute', ({ port }) => {
  test('neither sends nor matches it, and says nothing', async () => {
    const [ann] = await search(port, peopleBase, { filter: '(uid=ann)', attributes: ['uid', 'mail'] });
    expect([ann?.['uid'], ann?.['mail'], ann?.['mail;lang-en']]).toEqual(['ann', [], undefined]);
    expect(await search(port, peopleBase, { filter: '(mail=*)' })).toEqual([]);
  });
});
