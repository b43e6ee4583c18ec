import { readGroups, readMembers } from '../directories/ldap/groups-and-people.ts';
import { type LdapSettings, withLdap } from '../directories/ldap/session.ts';
import type { Check } from '../engine/check.ts';
import type { Run } from '../engine/run-types.ts';

/** One check for each LDAP server: reach, TLS, bind, bases, and each group of the policy with its people. */
export const ldapChecks = (
  settings: LdapSettings,
  {
    groups,
    mayBeEmpty = [],
  }: { readonly groups: readonly string[]; readonly mayBeEmpty?: readonly string[] },
  run: Run,
): readonly Check[] =>
  settings.servers.map((server) => ({
    name: `ldap ${server.protocol}://${server.host}:${server.port}`,
    cure: 'see LDAP_SERVERS, LDAP_BIND_DN, LDAP_BIND_PASSWORD, LDAP_STARTTLS, LDAP_CA_CERT_PATH, LDAP_TLS_SERVER_NAME and the two bases',
    look: async () =>
      await withLdap({ ...settings, servers: [server] }, run, async (ldap) => {
        const found = await readGroups(ldap, settings.groupsBase, groups);
        const missing = groups.filter((name) => !found.has(name) && !mayBeEmpty.includes(name));
        if (missing.length > 0)
          throw new Error(`groups missing under ${settings.groupsBase}: ${missing.join(', ')}`);
        const { membersOf, people } = await readMembers(ldap, settings.peopleBase, [...found.values()]);
        const empty = groups.filter((name) => !membersOf.get(name)?.length && !mayBeEmpty.includes(name));
        if (empty.length > 0) throw new Error(`groups without people: ${empty.join(', ')}`);
        const counts = groups.map((name) => `${name} ${membersOf.get(name)?.length ?? 0}`);
        const reachable = people.filter(({ mails }) => mails.length > 0).length;
        const age = ldap.asOf === null ? '' : `, as of ${ldap.asOf}`;
        return `${counts.join(', ')} people; ${reachable} of ${people.length} with an address${age}`;
      }),
  }));
