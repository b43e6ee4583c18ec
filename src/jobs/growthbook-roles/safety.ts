import type { Change, SafetyReport } from '../../engine/model.ts';
import { isChange } from '../../engine/plan.ts';
import { allowance, objectionsFor } from '../../engine/safety.ts';
import type { Resolved } from '../../engine/stage-types.ts';
import type { Access } from '../../targets/growthbook/access.ts';

/** Every objection to the decisions. The population is the accounts with a decision: not skipped, not pending. */
export function checkSafety(
  { decisions }: Resolved<Access>,
  thresholds: SafetyLimits,
  isHighest: (change: Change<Access>) => boolean,
): SafetyReport {
  const { count, percent, highest, gainedCount, gainedPercent } = thresholds;
  const changes = decisions.filter(isChange);
  const unchanged = decisions.filter(({ kind }) => kind === 'unchanged').length;
  const population = changes.length + unchanged;
  const kinds = (...wanted: readonly string[]) => changes.filter(({ kind }) => wanted.includes(kind));
  const losses = allowance(count, percent, population);
  const limits = [
    { name: 'revokes', found: kinds('revoke').length, allowed: losses, setting: 'SAFETY_MAX_COUNT' },
    { name: 'downgrades', found: kinds('downgrade').length, allowed: losses, setting: 'SAFETY_MAX_COUNT' },
    {
      name: 'highest',
      found: changes.filter(isHighest).length,
      allowed: highest,
      setting: 'SAFETY_MAX_HIGHEST',
    },
    {
      name: 'gains',
      found: kinds('upgrade', 'grant').length + changes.filter(({ mayGain }) => mayGain).length,
      allowed: allowance(gainedCount, gainedPercent, population),
      setting: 'SAFETY_MAX_GAINED_COUNT',
    },
  ];
  return {
    limits: limits.map(({ setting: _, ...limit }) => limit),
    objections: objectionsFor(limits),
  };
}

/** How much one run may change. */
export interface SafetyLimits {
  readonly count: number;
  readonly percent: number;
  readonly highest: number;
  readonly gainedCount: number;
  readonly gainedPercent: number;
}
