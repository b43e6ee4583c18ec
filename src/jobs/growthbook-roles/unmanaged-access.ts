import { addressKey } from '../../directories/same-name.ts';
import { type Decision, type Drift, isLoss, type NeedReason } from '../../engine/model.ts';
import { isChange } from '../../engine/plan.ts';
import type { Resolved } from '../../engine/stage-types.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import { labelOf, type Member } from '../../targets/growthbook/schema.ts';
import type { RoleFacts } from './resolve.ts';

/**
 * Access that no rule gives and no run takes away, and access that soon ends. `now` is in milliseconds since 1970, `projects` are the ids
 * of the run's projects. Each has an id of its own, the same in every run.
 */
export function driftIn(
  facts: RoleFacts,
  resolved: Resolved<Access, Member>,
  { now, projects }: { readonly now: number; readonly projects: readonly string[] },
): readonly Drift[] {
  const { decisions, notes } = resolved;
  const kept = decisions.flatMap(({ account, project, label, because, needsPerson }) => {
    const kind = needsPerson && KEPT[needsPerson.reason];
    const isAbove = LOSSES.some((loss) => needsPerson?.due?.startsWith(`${loss} `));
    return kind && isAbove ? [driftOf(kind, { account, label, because }, project)] : [];
  });
  const teams = notes
    .filter(({ kind }) => kind === 'team-granted')
    .map(({ account, label, because, key }) => driftOf('team-role', { account, label, because }, key));
  const all = [
    ...kept,
    ...teams,
    ...unknownOrigin(facts, resolved, projects),
    ...notInDataYaml(facts),
    ...expiring(facts, now),
  ];
  return [...new Map(all.map((one) => [one.id, one])).values()];
}

const DAY_MS = 86_400_000;
const DAYS_OF_NOTICE = 7;

/** Reasons for which a member keeps access that the rules do not give. */
const KEPT: Readonly<Partial<Record<NeedReason, string>>> = {
  protected: 'protected-above',
  'provider-managed': 'provider-managed-above',
  unwritable: 'unwritable-above',
};

/** Members whom no directory knows: the plan removes their role on its projects, and no other role. */
function unknownOrigin(
  { members, people }: RoleFacts,
  { decisions }: Resolved<Access, Member>,
  projects: readonly string[],
): readonly Drift[] {
  // An empty address is nobody's.
  const known = new Set(people.flatMap(({ mails }) => mails.map(addressKey)).filter((key) => key !== ''));
  const unknown = members.filter(({ email }) => !known.has(addressKey(email)));
  const decided = Map.groupBy(decisions, ({ account }) => account);
  return unknown.flatMap((member) => {
    const own = decided.get(member.id) ?? [];
    const remaining = remainingRoles(member, own, projects);
    if (remaining.length === 0 || own.some(({ needsPerson }) => needsPerson)) return [];
    const because = `nobody in the policy's groups has this address, and no plan removes ${remaining.join(', ')}`;
    return [driftOf('unknown-origin', { account: member.id, label: labelOf(member), because })];
  });
}

const GIVES_NOTHING = 'noaccess';

/** The roles that a member still has outside the projects of the run after it. */
function remainingRoles(
  { globalRole, projectRoles }: Member,
  decisions: readonly Decision<Access, Member>[],
  projects: readonly string[],
): readonly string[] {
  const lowered = decisions.find(isChange)?.to.globalRole ?? globalRole;
  const elsewhere = projectRoles.filter(({ project }) => !projects.includes(project));
  return [
    ...(lowered === GIVES_NOTHING ? [] : [`the global role ${lowered}`]),
    ...elsewhere
      .filter(({ role }) => role !== GIVES_NOTHING)
      .map(({ role, project }) => `${role} on ${project}`),
  ];
}

const LOSSES = (['revoke', 'downgrade'] as const).filter(isLoss);

/** `key` distinguishes several of one kind about one account. */
const driftOf = (kind: string, fields: Omit<Drift, 'id' | 'kind'>, key?: string): Drift => ({
  id: [kind, fields.account ?? fields.label, ...(key === undefined ? [] : [key])].join(':'),
  kind,
  ...fields,
});

/** People of the policy's LDAP groups whom puppet does not know: nothing ends their access when they leave. */
function notInDataYaml({ people, posix }: RoleFacts): readonly Drift[] {
  if (posix.known.size === 0) return [];
  return people
    .filter(({ uid, disabled }) => uid !== '' && !disabled && !posix.known.has(uid))
    .map(({ uid }) =>
      driftOf('not-in-data-yaml', {
        account: null,
        label: uid,
        because: 'is in an LDAP group of the policy, and nowhere under users in data.yaml',
      }),
    );
}

function expiring({ people, posix }: RoleFacts, now: number): readonly Drift[] {
  const uids = new Set(people.map(({ uid }) => uid));
  return posix.expiring
    .filter(({ name, on }) => uids.has(name) && Date.parse(on) <= now + DAYS_OF_NOTICE * DAY_MS)
    .map(({ name, on }) =>
      driftOf('expiring', {
        account: null,
        label: name,
        because: `expiry_date ${on} in data.yaml`,
      }),
    );
}
