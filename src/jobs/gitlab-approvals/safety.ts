import type { Objection, SafetyReport } from '../../engine/model.ts';
import { objectionsFor } from '../../engine/safety.ts';
import type { Resolved } from '../../engine/stage-types.ts';
import type { AccountState } from '../../targets/gitlab/schema.ts';

/** Every objection to carrying the approvals out: too many, or a source that suddenly trusts everybody. */
export function checkSafety({ decisions }: Resolved<AccountState>, maxApprovals: number): SafetyReport {
  const approvals = decisions.filter(({ kind }) => kind === 'approve').length;
  const limit = { name: 'approvals', found: approvals, allowed: maxApprovals };
  const known = decisions.filter(({ tried }) => tried !== undefined && tried.length > 0).length;
  const everybody = approvals > MANY && known === approvals;
  return {
    limits: [limit],
    objections: [
      ...objectionsFor([{ ...limit, setting: 'SAFETY_MAX_APPROVALS' }]),
      ...(everybody ? [everybodyTrusted(approvals)] : []),
    ],
  };
}

/** With more waiting accounts than this, it is suspicious if all of them are trusted. */
const MANY = 100;

const everybodyTrusted = (found: number): Objection => ({
  name: 'everybody-trusted',
  found,
  allowed: found - 1,
  message: `everybody-trusted: with more than ${MANY} approvals, each one whose person is known is trusted (found ${found} of ${found}, allowed fewer); see whether a source trusts everybody`,
  overridable: true,
});
