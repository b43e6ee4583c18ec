import { readPosixGroups } from '../../directories/posix-groups/data-yaml.ts';
import type { Check } from '../../engine/check.ts';
import type { Run } from '../../engine/run-types.ts';
import { groupsNamed } from '../../policy/named-groups.ts';
import type { GrowthBook } from '../../targets/growthbook/target.ts';
import { ldapChecks } from '../ldap-checks.ts';
import type { Projects } from './managed-projects.ts';
import type { RoleSettings } from './settings.ts';

/** Checks everything that a run of `growthbook-roles` needs. */
export function checks(
  settings: Pick<RoleSettings, 'ldap' | 'posix'>,
  { projects, target }: { readonly projects: Projects; readonly target: GrowthBook },
  run: Run,
): readonly Check[] {
  const named = (leaf: 'ldap' | 'posix') => [
    ...new Set(projects.all.flatMap(({ policy }) => groupsNamed(policy, leaf))),
  ];
  const mayBeEmpty = projects.all.flatMap(({ policy }) => policy.mayBeEmpty);
  const posix = named('posix');
  const query = { ...settings.posix, groups: posix, mayBeEmpty };
  return [
    ...ldapChecks(settings.ldap, { groups: named('ldap'), mayBeEmpty }, run),
    ...(posix.length === 0 ? [] : [dataYamlCheck(query, run)]),
    {
      name: 'growthbook',
      cure: 'see GROWTHBOOK_API_URL, GROWTHBOOK_LDAP_SYNC_API_KEY (a secret key that may manage the team) and GROWTHBOOK_PROJECT (an id, not a name)',
      look: async () => {
        const { members, teams, defaultRole } = (await target.read()).facts;
        const ids = projects.all.map(({ access }) => access.project).join(', ');
        return `project ${ids}, ${members.length} members, ${teams.length} teams, default role ${defaultRole ?? 'not readable'}`;
      },
    },
  ];
}

const dataYamlCheck = (query: Parameters<typeof readPosixGroups>[0], run: Run): Check => ({
  name: 'data.yaml',
  cure: 'see DATA_YAML_URL, DATA_YAML_MIN_USERS and the POSIX groups of the policy',
  look: async () => {
    const { facts, version, asOf } = await readPosixGroups(query, run);
    const counts = query.groups.map((name) => `${name} ${facts.membersOf.get(name)?.size ?? 0}`);
    return `${version}${asOf ? `, as of ${asOf}` : ''}, ${facts.known.size} users; ${counts.join(', ')}`;
  },
});
