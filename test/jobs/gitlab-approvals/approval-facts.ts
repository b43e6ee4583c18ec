import type { Evidence, OptionalSource } from '../../../src/jobs/gitlab-approvals/trust.ts';
import type { Condition } from '../../../src/policy/conditions.ts';
import { type DatedPolicy, policyAt } from '../../../src/policy/dated-policy.ts';
import { toPolicy } from '../../../src/policy/trust-document.ts';
import type { Account } from '../../../src/targets/gitlab/schema.ts';
import { person } from '../../fixtures.ts';

/** The provider whose identities count. */
export const PROVIDER = 'openid_connect';
export const oidc = (extern_uid: string | null) => ({ provider: PROVIDER, extern_uid });
export const cas = (extern_uid: string) => ({ provider: 'cas3', extern_uid });

/** An account that waits, whose person has the same name in LDAP. */
export const waiting = (username: string, over: Partial<Account> = {}): Account => ({
  id: 1,
  username,
  state: 'blocked_pending_approval',
  bot: false,
  identities: [oidc(username)],
  ...over,
});

const DAY = Date.UTC(2026, 5, 1);

/** A policy of rules 1, 2 and so on, and of gate 9; each of the expired ones comes after the rules. */
export const trustOf = (
  rules: readonly Condition[],
  { gate, expired = [] }: { readonly gate?: Condition; readonly expired?: readonly Condition[] } = {},
): DatedPolicy =>
  policyAt(
    toPolicy({
      gate: gate ? { rule: 9, when: gate } : 'none',
      rules: [
        ...rules.map((when, index) => ({ rule: index + 1, when, trust: true as const })),
        ...expired.map((when, index) => ({
          rule: rules.length + index + 1,
          when,
          expires: '2026-05-01',
          trust: true as const,
        })),
      ],
    }),
    DAY,
  );

/** What the sources say: members' uids by LDAP group; nobody was asked about in the others. */
export const evidence = (
  groups: Readonly<Record<string, readonly string[]>>,
  { phabricator = new Map(), gerrit = new Map() }: Partial<Evidence> = {},
): Evidence => ({
  groups: new Map(
    Object.entries(groups).map(([group, uids]) => [group, new Set(uids.map((uid) => person(uid).dn))]),
  ),
  phabricator,
  gerrit,
});

/** A source that was asked about these people and one group. */
export const asked = (group: string, members: Readonly<Record<string, boolean>>): OptionalSource =>
  new Map([
    [
      group,
      new Map(
        Object.entries(members).map(([uid, isMember]) => [
          person(uid).dn,
          { isMember, because: `${uid} is ${isMember ? '' : 'not '}in ${group}` },
        ]),
      ),
    ],
  ]);
