import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  findPeople,
  type LdapMembers,
  readGroups,
  readMembers,
  withMemberDns,
} from '../../../src/directories/ldap/groups-and-people.ts';
import { SCHEMAS, type SchemaTexts, schemaFrom } from '../../../src/directories/ldap/schema.ts';
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
} from '../../sandbox/ldap/active-directory.ts';
import { ask, reader, settingsFor } from '../../sandbox/ldap/asking.ts';
import { startDirectories } from '../../sandbox/ldap/directories.ts';
import {
  groupEntry,
  groupsBase,
  peopleBase,
  personDn,
  personEntry,
  posixGroupEntry,
} from '../../sandbox/ldap/people.ts';

const dnOf = (cn: string) => `cn=${cn},${groupsBase}`;
const entries = [
  personEntry('ann', { more: { 'mail;lang-en': 'ann.en@example.org', 'cn;lang-ja': '安' } }),
  personEntry('bob', { more: { title: 'left' } }),
  personEntry('cem'),
  personEntry('eve'),
  groupEntry('a', [personDn('ann'), dnOf('b')]),
  groupEntry('b', [personDn('bob'), dnOf('c'), dnOf('a')]),
  groupEntry('c', [personDn('cem'), personDn('ann'), dnOf('c')]),
  groupEntry('only-groups', [dnOf('c')]),
  groupEntry('in-people', [`cn=team,${peopleBase}`]),
  { ...groupEntry('team', [personDn('eve')]), dn: `cn=team,${peopleBase}` },
  posixGroupEntry('names', ['ann', 'BOB', 'nobody', 'twin']),
  { ...personEntry('twin'), dn: `uid=twin,ou=one,${peopleBase}` },
  { ...personEntry('twin'), dn: `uid=twin,ou=two,${peopleBase}` },
  ...Array.from({ length: 30 }, (_, n) =>
    groupEntry(`deep${n}`, [n === 29 ? personDn('eve') : dnOf(`deep${n + 1}`)]),
  ),
];
const directories = await startDirectories({ entries, bind: [reader], anonymous: 'none' });
afterAll(async () => {
  await Promise.all(directories.map((directory) => directory.close()));
});

const schema = (over: Partial<SchemaTexts>, preset: SchemaTexts = SCHEMAS.wikimedia) =>
  schemaFrom({ ...preset, ...over });
const uidsIn = (members: LdapMembers | undefined, group: string) =>
  members?.membersOf
    .get(group)
    ?.map(({ uid }) => uid)
    .toSorted();

describe.each(directories)('groups inside groups in the $name directory', ({ port }) => {
  const settings = settingsFor(port, { schema: schema({ LDAP_NESTED_GROUPS: 'true' }) });
  const membersOf = (...names: readonly string[]) =>
    ask(settings, async (ldap) =>
      readMembers(ldap, peopleBase, [...(await readGroups(ldap, groupsBase, names)).values()]),
    );

  test('are followed to the end, each person once, and circles are cut', async () => {
    const { answer } = await membersOf('a', 'b', 'c', 'only-groups');
    expect(['a', 'b', 'c', 'only-groups'].map((group) => uidsIn(answer, group))).toEqual([
      ['ann', 'bob', 'cem'],
      ['ann', 'bob', 'cem'],
      ['ann', 'cem'],
      ['ann', 'cem'],
    ]);
    expect(answer?.dangling).toEqual([]);
    expect(answer?.people).toHaveLength(3);
  });

  test('thirty deep, and under the people base, are followed too', async () => {
    const { answer } = await membersOf('deep0', 'in-people');
    expect(['deep0', 'in-people'].map((group) => uidsIn(answer, group))).toEqual([['eve'], ['eve']]);
  });

  test('give the DNs of all people where people are not read', async () => {
    const { answer } = await ask(settings, async (ldap) => {
      const groups = [...(await readGroups(ldap, groupsBase, ['a'])).values()];
      return withMemberDns(ldap, { peopleBase, groupsBase, people: [] }, groups);
    });
    expect(answer?.[0]?.members.toSorted()).toEqual(['ann', 'bob', 'cem'].map(personDn));
  });

  test('fail the source if they are not followed, with every user', async () => {
    const { error } = await ask(settingsFor(port), async (ldap) => {
      const groups = [...(await readGroups(ldap, groupsBase, ['a'])).values()];
      return withMemberDns(ldap, { peopleBase, groupsBase, people: [] }, groups);
    });
    expect(error).toContain(`group a contains the group ${dnOf('b')}`);
  });
});

describe.each(directories)('members that are user names in the $name directory', ({ port }) => {
  const settings = settingsFor(port, {
    schema: schema({ LDAP_USER_FILTER: '(objectClass=person)' }, SCHEMAS.rfc2307),
  });
  const read = () =>
    ask(settings, async (ldap) => {
      const groups = [...(await readGroups(ldap, groupsBase, ['names'])).values()];
      const found = await findPeople(ldap, peopleBase, { cns: [], uids: ['ann', 'twin', 'cem'] });
      // The other twin is not among those who are asked about.
      const people = found.filter(({ dn }) => !dn.includes('ou=two'));
      return {
        members: await readMembers(ldap, peopleBase, groups),
        dns: await withMemberDns(ldap, { peopleBase, groupsBase, people }, groups),
      };
    });

  test('are looked up by user name; one that nobody or several people have is dangling', async () => {
    const { answer } = await read();
    expect(uidsIn(answer?.members, 'names')).toEqual(['ann', 'bob']);
    expect(answer?.members.dangling).toEqual([
      { group: 'names', dn: 'nobody', why: 'nobody has this name by LDAP_USER_NAME_ATTRIBUTE (uid)' },
      { group: 'names', dn: 'twin', why: '2 people have this name' },
    ]);
    expect(answer?.dns[0]?.members).toEqual([personDn('ann')]);
  });
});

describe.each(directories)('attributes in the $name directory', ({ port }) => {
  const find = (over: Partial<SchemaTexts>, cns: readonly string[], uids: readonly string[] = []) =>
    ask(settingsFor(port, { schema: schema(over) }), (ldap) => findPeople(ldap, peopleBase, { cns, uids }));

  test('include those with options after their name', async () => {
    const { answer } = await find({}, ['安']);
    expect(answer?.[0]?.mails.toSorted()).toEqual(['ann.en@example.org', 'ann@example.org']);
    expect(answer?.[0]?.cns.toSorted()).toEqual(['ann', '安'].toSorted());
  });

  test('of addresses may be several, the user name may be another, and any filter may mark the disabled', async () => {
    const over = {
      LDAP_MAIL_ATTRIBUTES: 'title, mail',
      LDAP_USER_NAME_ATTRIBUTE: 'mail',
      LDAP_DISABLED_FILTER: '(&(title=LEFT)(!(title=right)))',
    };
    const { answer } = await find(over, [], ['bob@example.org', 'cem@example.org']);
    const bob = answer?.find(({ uid }) => uid === 'bob@example.org');
    expect(bob).toMatchObject({ mails: ['left', 'bob@example.org'], disabled: true });
    expect(answer?.find(({ uid }) => uid === 'cem@example.org')?.disabled).toBe(false);
  });
});

describe('Active Directory', () => {
  const crowd = Array.from({ length: AD_LIMITS.values + 700 }, (_, n) => `crowd${n}`);
  const binder = { dn: `CN=reader,CN=Users,${adDomain}`, password: 'open sesame' };
  const start = async (references?: readonly string[]) => {
    const server = await startActiveDirectory({
      bind: [binder],
      entries: [
        adPerson('ann', { cn: 'Ann Smith, Dr.' }),
        adPerson('bob', { disabled: true }),
        ...crowd.map((name) => adPerson(name)),
        adGroup('Crowd', [...crowd.map(adPersonDn), adPersonDn('bob')]),
        adGroup('Outer', [adGroupDn('Crowd'), adPersonDn('Ann Smith, Dr.'), adPersonDn('gone')]),
      ],
      ...(references ? { references } : {}),
    });
    onTestFinished(() => server.close());
    const given = {
      bindDn: binder.dn,
      bindPassword: binder.password,
      groupsBase: adGroups,
      peopleBase: adDomain,
    };
    return {
      server,
      settings: settingsFor(server.port, { ...given, schema: schema({}, SCHEMAS['active-directory']) }),
    };
  };

  test('long groups, pages of 1,000, escaped names, groups inside groups and the disabled bit are read', async () => {
    const { settings, server } = await start();
    const { answer, error } = await ask(settings, async (ldap) =>
      readMembers(ldap, adDomain, [...(await readGroups(ldap, adGroups, ['outer', 'crowd'])).values()]),
    );
    expect(error).toBeUndefined();
    expect(answer?.membersOf.get('outer')).toHaveLength(crowd.length + 2);
    expect(answer?.membersOf.get('crowd')).toHaveLength(crowd.length + 1);
    expect(answer?.dangling).toEqual([
      { group: 'outer', dn: adPersonDn('gone'), why: 'there is no person entry' },
    ]);
    const [ann] = answer?.people.filter(({ uid }) => uid === 'ann') ?? [];
    expect(ann).toMatchObject({
      dn: `CN=Ann Smith\\, Dr.,${adPeople}`,
      cns: ['Ann Smith, Dr.'],
      disabled: false,
    });
    expect(answer?.people.find(({ uid }) => uid === 'bob')?.disabled).toBe(true);
    const chains = server.searches.filter(({ request }) =>
      JSON.stringify(request.filter).includes('1.4.1941'),
    );
    expect(chains).toHaveLength(2);
  });

  test('a reference to another domain is an error: its people would be taken for nobody', async () => {
    const { settings } = await start([`ldap://emea.corp.example.org/DC=emea,${adDomain}`]);
    const { error } = await ask(settings, (ldap) => findPeople(ldap, adDomain, { cns: [], uids: ['ann'] }));
    expect(error).toContain(`refers to ldap://emea.corp.example.org/DC=emea,${adDomain}`);
  });
});
