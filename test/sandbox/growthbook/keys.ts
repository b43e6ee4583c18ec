import type { Answer, Recorded } from '../server.ts';
import { globalAccess, managesTeam } from './access.ts';
import type { ApiKey, GrowthBookState } from './state.ts';

const refusal = (status: number, message: string): Answer => ({ status, body: { message } });

/** The key of a request, or the answer that refuses it: 400 for a malformed header, 401 for a key that does not count. */
export function authenticate(
  { headers }: Recorded,
  state: GrowthBookState,
): { readonly key: ApiKey } | { readonly refused: Answer } {
  const refused = (status: number, message: string) => ({ refused: refusal(status, message) });
  const header = headers.authorization;
  if (!header) return refused(400, 'Missing Authorization header');
  const [scheme, value] = header.split(' ');
  if (scheme !== 'Bearer') return refused(400, 'Must use either a Bearer or Basic authentication scheme');
  if (!value) return refused(400, 'Missing API key in Authorization header');
  const key = state.keys.find((candidate) => candidate.secret === value);
  if (!key) return refused(401, 'Invalid API key');
  if (key.ended)
    return refused(401, `This API key has ${key.ended === 'expired' ? 'expired' : 'been disabled'}`);
  if (key.userId !== undefined && !state.members.some(({ id }) => id === key.userId)) {
    return refused(401, 'Could not find user attached to this API key');
  }
  return { key };
}

/** Whether a key may manage members: by its role, or as its user with every global role, the teams' and the additional ones too. */
export function mayManageTeam(key: ApiKey, state: GrowthBookState): boolean {
  const roles =
    key.userId === undefined
      ? [key.role ?? 'admin']
      : globalAccess(state, key.userId).map(({ role }) => role);
  return roles.some((role) => managesTeam(role, state.customRoles));
}

/** The limiter's word on one request: the headers that the answer carries, and the refusal once the window is used up. */
export interface Limits {
  readonly headers: Readonly<Record<string, string>>;
  readonly refused?: Answer;
}

const WINDOW_MS = 60_000;

/**
 * Counts by key in one fixed window for the whole process, which begins when the process does. `Retry-After` is always the window's
 * length; only `RateLimit-Reset` has what is left, in seconds.
 */
export function startLimiter(limit: number, now: () => number): (keyId: string) => Limits {
  const start = now();
  let window = 0;
  const hits = new Map<string, number>();
  return (keyId) => {
    const at = now();
    const present = Math.floor((at - start) / WINDOW_MS);
    if (present !== window) hits.clear();
    window = present;
    const count = (hits.get(keyId) ?? 0) + 1;
    hits.set(keyId, count);
    const reset = Math.ceil((start + (window + 1) * WINDOW_MS - at) / 1000);
    const headers = {
      'RateLimit-Limit': String(limit),
      'RateLimit-Remaining': String(Math.max(0, limit - count)),
      'RateLimit-Reset': String(reset),
    };
    if (count <= limit) return { headers };
    const refused = refusal(429, `Too many requests, limit to ${limit} per minute`);
    return { headers: { ...headers, 'Retry-After': String(WINDOW_MS / 1000) }, refused };
  };
}
