import { createHash } from 'node:crypto';
import { CHANGE_KINDS, type Change, type Decision, type Identity, type Plan } from './model.ts';

/** Whether a decision changes something. */
export const isChange = <A>(decision: Decision<A>): decision is Change<A> =>
  (CHANGE_KINDS as readonly string[]).includes(decision.kind);

/** The plan that decisions make: sorted and hashed. The same decisions in any order make the same plan, byte for byte. */
export function makePlan<A>(decisions: readonly Decision<A>[], identity: Identity<A>): Plan<A> {
  const byKind = (a: Change<A>, b: Change<A>) => CHANGE_KINDS.indexOf(a.kind) - CHANGE_KINDS.indexOf(b.kind);
  const changes = decisions.filter(isChange).toSorted((a, b) => byKind(a, b) || identity.compare(a, b));
  return {
    changes,
    hash: hashOf({ target: identity.target, changes: changes.map(identity.essence) }),
  };
}

function hashOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonical(value)).digest('hex')}`;
}

/** JSON with sorted keys, so that equal values have equal bytes. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Orders text by code units: the same on every machine. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
