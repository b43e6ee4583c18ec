import {
  Client,
  InvalidCredentialsError,
  OperationsError,
  type SearchOptions,
  SizeLimitExceededError,
} from 'ldapts';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import {
  AD_LIMITS,
  adDomain,
  adGroup,
  adGroupDn,
  adGroups,
  adPeople,
  adPerson,
  adPersonDn,
  startActiveDirectory,
} from './active-directory.ts';

const crowd = Array.from({ length: 2500 }, (_, index) => `crowd${index}`);
const binder = { dn: 'CN=reader,CN=Users,DC=corp,DC=example,DC=org', password: 'open sesame' };

const server = await startActiveDirectory({
  bind: [binder],
  entries: [
    adPerson('ann', { cn: 'Ann Smith, Dr.' }),
    adPerson('bob', { disabled: true }),
    adPerson('cem'),
    ...crowd.map((uid) => adPerson(uid)),
    adGroup('Crowd', crowd.map(adPersonDn)),
    adGroup('Inner', [adPersonDn('Ann Smith, Dr.'), adGroupDn('Outer')]),
    adGroup('Outer', [adPersonDn('cem'), adGroupDn('Inner')]),
    adGroup('Empty', []),
  ],
});
afterAll(() => server.close());

async function search(base: string, options: SearchOptions, bound = true) {
  const client = new Client({ url: server.url });
  onTestFinished(() => client.unbind());
  if (bound) await client.bind(binder.dn, binder.password);
  return client.search(base, options);
}
const names = async (filter: string, base: string = adDomain) => {
  const { searchEntries } = await search(base, { filter, attributes: ['sAMAccountName'] });
  return searchEntries.map((entry) => String(entry['sAMAccountName'])).toSorted();
};

test('who has not bound sees the root DSE alone', async () => {
  const asked: SearchOptions = {
    scope: 'base',
    attributes: ['defaultNamingContext', 'supportedCapabilities'],
  };
  const { searchEntries } = await search('', asked, false);
  expect(searchEntries).toMatchObject([{ defaultNamingContext: adDomain }]);
  await expect(search(adPeople, { scope: 'sub' }, false)).rejects.toThrow(OperationsError);
  const client = new Client({ url: server.url });
  onTestFinished(() => client.unbind());
  await expect(client.bind(binder.dn, 'other')).rejects.toThrow(InvalidCredentialsError);
});

test('a search without pages ends at 1,000 entries, and a page has no more, however many are asked for', async () => {
  await expect(search(adPeople, { filter: '(objectClass=user)' })).rejects.toThrow(SizeLimitExceededError);
  const seen = server.searches.length;
  const { searchEntries } = await search(adPeople, {
    filter: '(objectClass=user)',
    paged: { pageSize: 5000 },
  });
  expect(searchEntries).toHaveLength(crowd.length + 3);
  expect(server.searches[seen]?.pages).toBe(3);
});

test('a long attribute comes 1,500 values at a time under a name with a range', async () => {
  const ask = async (attribute: string) =>
    (await search(adGroupDn('Crowd'), { scope: 'base', attributes: [attribute] })).searchEntries[0];
  const first = await ask('member');
  expect(first?.['member;range=0-1499']).toHaveLength(AD_LIMITS.values);
  const last = await ask('member;range=1500-*');
  expect(last?.['member;range=1500-*']).toHaveLength(crowd.length - AD_LIMITS.values);
});

test('an answer below the top of the domain has references, one below a unit has none', async () => {
  const { searchReferences } = await search(adDomain, { filter: '(sAMAccountName=ann)' });
  expect(searchReferences).toEqual([
    `ldap://ForestDnsZones.corp.example.org/DC=ForestDnsZones,${adDomain}`,
    `ldap://DomainDnsZones.corp.example.org/DC=DomainDnsZones,${adDomain}`,
  ]);
  expect((await search(adPeople, { filter: '(sAMAccountName=ann)' })).searchReferences).toEqual([]);
});

test('a comma in a common name is escaped in the DN', async () => {
  const { searchEntries } = await search(adPeople, { filter: '(cn=Ann Smith, Dr.)' });
  expect(searchEntries[0]?.dn).toBe(`CN=Ann Smith\\, Dr.,${adPeople}`);
  const { searchEntries: same } = await search(`CN=Ann Smith\\2C Dr.,${adPeople}`, { scope: 'base' });
  expect(same).toHaveLength(1);
});

test('a group without members has no member attribute', async () => {
  const { searchEntries } = await search(adGroupDn('Empty'), { scope: 'base', explicitBufferAttributes: [] });
  expect(searchEntries[0]).not.toHaveProperty('member');
});

const DISABLED = '(userAccountControl:1.2.840.113556.1.4.803:=2)';
const chain = (attribute: string, dn: string) =>
  `(${attribute}:1.2.840.113556.1.4.1941:=${dn.replaceAll('\\', '\\5c')})`;

test('disabled accounts are found by a bit', async () => {
  expect(await names(DISABLED)).toEqual(['bob']);
  expect(await names(`(&(objectClass=user)(!${DISABLED})(!(sAMAccountName=crowd*)))`)).toEqual([
    'ann',
    'cem',
  ]);
});

test('membership is followed to the end, through groups that hold each other', async () => {
  expect(await names(`(&(objectClass=user)${chain('memberOf', adGroupDn('Outer'))})`)).toEqual([
    'ann',
    'cem',
  ]);
  expect(await names(`(&(objectClass=user)${chain('memberOf', adGroupDn('Inner'))})`)).toEqual([
    'ann',
    'cem',
  ]);
  expect(await names(chain('member', adPersonDn('Ann Smith, Dr.')), adGroups)).toEqual(['Inner', 'Outer']);
  expect(await names(chain('memberOf', adGroupDn('Empty')))).toEqual([]);
});
