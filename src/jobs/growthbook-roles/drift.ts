import { type Drift, isLoss, type NeedReason } from '../../engine/model.ts';
import type { Resolved } from '../../engine/stages.ts';
import type { Access } from '../../targets/growthbook/access.ts';
import type { Member } from '../../targets/growthbook/schema.ts';
import type { RoleFacts } from './resolve.ts';

const DAY_MS = 86_400_000;
const DAYS_OF_NOTICE = 7;

/** Reasons for which a member keeps access that the rules do not give. */
const KEPT: Readonly<Partial<Record<NeedReason, string>>> = {
  protected: 'protected-above',
  'provider-managed': 'provider-managed-above',
  unwritable: 'unwritable-above',
};

/** What a run leaves on the target, or what soon ends: `now` in milliseconds since 1970. */
export function driftIn(
  facts: RoleFacts,
  { decisions, notes }: Resolved<Access, Member>,
  now: number,
): readonly Drift[] {
  const kept = decisions.flatMap(({ account, label, because, needsPerson }) => {
    const kind = needsPerson && KEPT[needsPerson.reason];
    const isAbove = LOSSES.some((loss) => needsPerson?.due?.startsWith(`${loss} `));
    return kind && isAbove ? [driftOf(kind, { account, label, because })] : [];
  });
  const teams = notes
    .filter(({ kind }) => kind === 'team-granted')
    .map(({ account, label, because }) => driftOf('team-role', { account, label, because }));
  return [...kept, ...teams, ...notInDataYaml(facts), ...expiring(facts, now)];
}

const LOSSES = (['revoke', 'downgrade'] as const).filter(isLoss);

const driftOf = (kind: string, about: Omit<Drift, 'id' | 'kind'>): Drift => ({
  id: `${kind}:${about.account ?? about.label}`,
  kind,
  ...about,
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
