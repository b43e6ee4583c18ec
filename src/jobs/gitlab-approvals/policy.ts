import type { Condition } from '../../policy/conditions.ts';
import type { Policy } from '../../policy/policy.ts';
import { toPolicy } from '../../policy/trust-document.ts';

/** The default policy of trust, from the variables: four rules. The first one is left out if it names no group. */
export function defaultTrust({ organisations, toolforge, project, group }: TrustNames): Policy {
  const names = [...new Set(organisations)];
  const rule = (number: number, description: string, when: Condition) => ({
    rule: number,
    description,
    when,
    trust: true as const,
  });
  const organisation = names.map((ldap) => ({ ldap }));
  return toPolicy({
    gate: 'none',
    rules: [
      ...(organisation.length > 0 ? [rule(1, 'organisation', { any: organisation })] : []),
      rule(2, 'Toolforge', { ldap: toolforge }),
      rule(3, 'Trusted-Contributors in Phabricator', { phabricator: project }),
      rule(4, 'Trusted-Contributors in Gerrit', { gerrit: group }),
    ],
  });
}

/** The names in the variables of the default policy of trust. */
export interface TrustNames {
  readonly organisations: readonly string[];
  readonly toolforge: string;
  readonly project: string;
  readonly group: string;
}
