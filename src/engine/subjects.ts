import leven from 'leven';
import { compareText } from '../platform/compare-text.ts';
import type { Subject } from './model.ts';
import type { Resolved } from './stage-types.ts';

const searchKey = (name: string): string =>
  name.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();

/** Finds all subjects (people and accounts) of a name, whatever its case, Unicode form and spaces. */
export function subjectsNamed<S extends Pick<Subject<unknown>, 'names'>>(
  subjects: readonly S[],
  who: string,
): readonly S[] {
  const key = searchKey(who);
  return subjects.filter(({ names }) => names.some((name) => searchKey(name) === key));
}

const MAX_NEAREST = 5;

/** The names that are most similar to `who`: at most five, the nearest first. A part of a name counts as near. */
export function nearestNames(subjects: readonly Pick<Subject<unknown>, 'names'>[], who: string) {
  const key = searchKey(who);
  const limit = Math.max(1, Math.floor(key.length / 3));
  const names = new Map(subjects.flatMap((subject) => subject.names.map((name) => [searchKey(name), name])));
  return [...names]
    .map(([candidate, name]) => ({ name, distance: distanceBetween(key, candidate, limit) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance || compareText(a.name, b.name))
    .slice(0, MAX_NEAREST)
    .map(({ name }) => name);
}

function distanceBetween(key: string, candidate: string, limit: number): number {
  if (key.length >= 3 && candidate.includes(key)) return 1;
  const localPart = candidate.split('@', 1)[0] ?? candidate;
  if (localPart.length >= 3 && key.startsWith(localPart)) return 1;
  const closest = (text: string) => leven(key, text, { maxDistance: limit + 1 });
  return Math.min(closest(candidate), closest(localPart));
}

/** Keeps the decisions about these subjects; every other account counts as unchanged. */
export function restrictTo<A, R>(
  resolved: Resolved<A, R>,
  subjects: readonly Subject<A, R>[],
): Resolved<A, R> {
  const wanted = new Set(subjects.map(({ decision }) => decision?.account));
  const decisions = resolved.decisions.map((decision) =>
    wanted.has(decision.account) ? decision : { ...decision, kind: 'unchanged' as const, to: decision.from },
  );
  const notes = resolved.notes.filter(({ account }) => account === null || wanted.has(account));
  return { decisions, notes };
}
