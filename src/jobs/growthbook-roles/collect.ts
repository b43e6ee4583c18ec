import { readGroups, readMembers } from '../../directories/ldap/groups-and-people.ts';
import { withLdap } from '../../directories/ldap/session.ts';
import { ldapSettings } from '../../directories/ldap/settings.ts';
import { type PosixGroups, readPosixGroups } from '../../directories/posix-groups/data-yaml.ts';
import type { Note } from '../../engine/model.ts';
import { allSources, readSource } from '../../engine/read-source.ts';
import type { Run } from '../../engine/run.ts';
import type { Reading, Recorder } from '../../engine/stages.ts';
import { SourceError } from '../../platform/errors.ts';
import { ldapGroups, type Policy, posixGroupNames } from '../../policy/policy.ts';
import type { GrowthBook } from '../../targets/growthbook/target.ts';
import type { RoleFacts } from './resolve.ts';
import type { GrowthBookValues } from './settings.ts';

type LdapFacts = Awaited<ReturnType<typeof readMembers>>;

/** What collect works with. */
export interface CollectInput {
  readonly values: GrowthBookValues;
  readonly policy: Policy;
  readonly target: GrowthBook;
  readonly run: Run;
}

/** Reads LDAP, `data.yaml` and GrowthBook side by side, each whole or not at all. */
export async function collect(
  { values, policy, target, run }: CollectInput,
  recorder: Recorder,
): Promise<RoleFacts> {
  const at = { clock: run.clock, recorder };
  const posixQuery = {
    url: values.DATA_YAML_URL,
    minUsers: values.DATA_YAML_MIN_USERS,
    groups: posixGroupNames(policy),
    mayBeEmpty: policy.mayBeEmpty,
  };
  const [ldap, posix, kept] = await allSources([
    readSource('ldap', () => readLdap(values, policy, run), at),
    readSource('posix', () => readPosixGroups(posixQuery, run), at),
    readSource('growthbook', () => target.read(), at),
  ]);
  for (const note of danglingNotes(ldap, posix)) recorder.note(note);
  return { people: ldap.people, membersOf: ldap.membersOf, posix, ...kept };
}

async function readLdap(values: GrowthBookValues, policy: Policy, run: Run): Promise<Reading<LdapFacts>> {
  const settings = ldapSettings(values);
  const wanted = ldapGroups(policy);
  return await withLdap(settings, run, async (ldap) => {
    const groups = await readGroups(ldap, settings.groupsBase, wanted);
    requireGroups(
      'missing',
      wanted.filter((name) => !groups.has(name)),
      policy,
    );
    const facts = await readMembers(ldap, settings.peopleBase, [...groups.values()]);
    requireGroups(
      'without members',
      wanted.filter((name) => !facts.membersOf.get(name)?.length),
      policy,
    );
    return { facts, entries: facts.people.length, version: ldap.server };
  });
}

function requireGroups(what: string, groups: readonly string[], { mayBeEmpty }: Policy): void {
  const refused = groups.filter((name) => !mayBeEmpty.includes(name));
  if (refused.length === 0) return;
  throw new SourceError(
    `groups ${what} (found ${refused.join(', ')}, allowed only where the policy says mayBeEmpty)`,
  );
}

function danglingNotes(ldap: LdapFacts, posix: PosixGroups): readonly Note[] {
  const note = (label: string, because: string): Note => ({
    kind: 'dangling',
    account: null,
    label,
    because,
  });
  return [
    ...ldap.dangling.map(({ group, dn, why }) => note(dn, `member of LDAP group ${group}: ${why}`)),
    ...posix.dangling.map(({ group, name }) =>
      note(name, `member of POSIX group ${group}: stands nowhere under users`),
    ),
  ];
}
