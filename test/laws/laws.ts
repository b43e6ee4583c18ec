import fc from 'fast-check';
import { faultsIn } from './role-laws.ts';
import { roleWorld } from './role-worlds.ts';
import { trustFaultsIn, trustWorld } from './trust-laws.ts';

const holds =
  <W>(faults: (world: W) => readonly string[]) =>
  (world: W): void => {
    const found = faults(world);
    if (found.length > 0) throw new Error(found.join('\n'));
  };

/** Each law over generated organisations, by an oracle that uses nothing of `src`. */
export const LAWS = [
  {
    name: 'growthbook-roles decides and explains as the rules say',
    property: fc.property(roleWorld, holds(faultsIn)),
  },
  {
    name: 'gitlab-approvals decides and explains as the rules say',
    property: fc.property(trustWorld, holds(trustFaultsIn)),
  },
] as const;
