import { expect } from 'vitest';
import { pending } from '../sandbox/gitlab/sandbox.ts';
import { reader } from '../sandbox/ldap/asking.ts';
import type { LdapEntry } from '../sandbox/ldap/entries.ts';
import {
  groupEntry,
  groupsBase,
  personDn,
  personEntry,
  posixGroupEntry,
  uniqueGroupEntry,
} from '../sandbox/ldap/people.ts';
import { startLdapServer } from '../sandbox/ldap/server.ts';
import { openScenario } from './gitlab.ts';
import { open, test } from './harness.ts';

const people = ['ann', 'bob'].map((uid) =>
  personEntry(uid, { more: { objectClass: ['inetOrgPerson', 'posixAccount'] } }),
);
const cn = (name: string) => `cn=${name},${groupsBase}`;

/** Ann is trusted by the group, bob by nothing. */
async function approvedWith(groups: readonly LdapEntry[], settings: Readonly<Record<string, string>>) {
  const ldap = await open(
    startLdapServer({ entries: [...people, ...groups], bind: [reader], anonymous: 'none' }),
  );
  const environment = {
    LDAP_SERVERS: ldap.url,
    LDAP_BIND_DN: reader.dn,
    LDAP_BIND_PASSWORD: reader.password,
    TRUSTED_LDAP_GROUPS: 'staff',
    TOOLFORGE_LDAP_GROUP: 'staff',
    ...settings,
  };
  const users = [pending(1, 'ann'), pending(2, 'bob')];
  const scenario = await openScenario({ users });
  const { report } = await scenario.run({}, environment);
  return { error: report.error, approved: scenario.approvalsSent() };
}

test.each([
  ['memberUid', [posixGroupEntry('staff', ['ANN'])], { LDAP_SCHEMA: 'rfc2307' }],
  [
    'uniqueMember below the base',
    [{ ...uniqueGroupEntry('staff', [personDn('ann')]), dn: `cn=staff,ou=teams,${groupsBase}` }],
    { LDAP_SCHEMA: 'rfc2307bis', LDAP_GROUP_MEMBER_ATTRIBUTE: 'uniqueMember' },
  ],
  [
    'a group inside the group',
    [groupEntry('staff', [cn('inner')]), groupEntry('inner', [personDn('ann'), cn('staff')])],
    { LDAP_NESTED_GROUPS: 'true' },
  ],
])('trust by %s approves who is in it and nobody else', async (_, groups, settings) => {
  expect(await approvedWith(groups, settings)).toEqual({ error: null, approved: [1] });
});

test.each([
  [
    'a group inside the group',
    [groupEntry('staff', [cn('inner')]), groupEntry('inner', [personDn('ann')])],
    {},
    /LDAP_NESTED_GROUPS/,
  ],
  ['members elsewhere', [posixGroupEntry('staff', ['ann'])], {}, /LDAP_GROUP_MEMBER_ATTRIBUTE/],
  [
    'a group below',
    [{ ...groupEntry('staff', [personDn('ann')]), dn: `cn=staff,ou=a,${groupsBase}` }],
    {},
    /LDAP_SCOPE/,
  ],
  ['a base that does not exist', [], { LDAP_GROUPS_BASE: 'ou=no,dc=wikimedia,dc=org' }, /LDAP_GROUPS_BASE/],
])('%s fails the source, and nobody is approved', async (_, groups, settings, because) => {
  const outcome = await approvedWith(groups, settings);
  expect(outcome?.error).toMatch(because);
  expect(outcome?.approved).toEqual([]);
});
