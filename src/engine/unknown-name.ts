import { InvalidRequestError } from '../platform/errors.ts';
import { nearestNames } from './subjects.ts';

/** The error for an unknown name: it shows the nearest known ones. */
export function unknownName(what: string, name: string, known: readonly string[]): InvalidRequestError {
  const nearest = nearestNames([{ names: known }], name);
  const hint = nearest.length > 0 ? `; the nearest names: ${nearest.join(', ')}` : '';
  return new InvalidRequestError(`${what} (found ${name}${hint})`);
}
