import fc from 'fast-check';
import { faultsIn } from './role-laws.ts';
import { roleOrganisation } from './role-organisations.ts';
import { trustFaultsIn, trustOrganisation } from './trust-laws.ts';

const holds =
  <W>(faults: (organisation: W) => readonly string[]) =>
  (organisation: W): void => {
    const found = faults(organisation);
    if (found.length > 0) throw new Error(found.join('\n'));
  };

/** Each law over generated organisations, by an oracle that uses nothing of `src`. */
export const LAWS = [
  {
    name: 'growthbook-roles decides and explains as the rules say',
    property: fc.property(roleOrganisation, holds(faultsIn)),
  },
  {
    name: 'gitlab-approvals decides and explains as the rules say',
    property: fc.property(trustOrganisation, holds(trustFaultsIn)),
  },
] as const;
