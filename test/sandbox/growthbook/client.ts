import { onTestFinished } from 'vitest';
import { type GrowthBook, type GrowthBookOptions, startGrowthBook } from './server.ts';
import { DEFAULT_KEY, type MemberSeed } from './state.ts';

/** An answer as a client sees it. `body` is parsed JSON. */
export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A GrowthBook and a plain client of it, for conformance tests. `secret` is whose key a call carries. */
export interface Bench {
  readonly server: GrowthBook;
  readonly call: (path: string, init?: RequestInit) => Promise<Seen>;
  readonly get: (path: string, secret?: string) => Promise<Seen>;
  readonly post: (id: string, body: unknown, secret?: string) => Promise<Seen>;
}

/** The present moment of every test that does not care. */
export const NOW = Date.UTC(2026, 7, 24, 10, 0, 0);

/** Starts a GrowthBook that is closed when the test ends. */
export async function bench(options: Partial<GrowthBookOptions> = {}): Promise<Bench> {
  const server = await startGrowthBook({
    members: people(3),
    projects: [{ id: 'prj_1', name: 'P1' }],
    now: () => NOW,
    ...options,
  });
  onTestFinished(() => server.close());
  const call = async (path: string, init: RequestInit = {}): Promise<Seen> => {
    const response = await fetch(`${server.origin}${path}`, init);
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  };
  const bearer = (secret = DEFAULT_KEY.secret) => ({ authorization: `Bearer ${secret}` });
  return {
    server,
    call,
    get: (path, secret) => call(`/api/v1${path}`, { headers: bearer(secret) }),
    post: (id, body, secret) =>
      call(`/api/v1/members/${id}/role`, {
        method: 'POST',
        headers: { ...bearer(secret), 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

/** Members `u_001` and so on, collaborators without anything else. */
export const people = (count: number): MemberSeed[] =>
  Array.from({ length: count }, (_, n) => {
    const number = String(n + 1).padStart(3, '0');
    return person({ id: `u_${number}`, email: `p${number}@example.org`, name: `Person ${number}` });
  });

/** A row as the present release makes it, with what is given in it. */
export const person = (seed: Partial<MemberSeed> & { id: string }): MemberSeed => ({
  role: 'collaborator',
  email: `${seed.id}@example.org`,
  teams: [],
  environments: [],
  limitAccessByEnvironment: false,
  projectRoles: [],
  ...seed,
});

/** Status and message of an answer, to compare both at once. */
export const message = ({ status, body }: Seen): readonly unknown[] => [status, body['message']];

/** An entry as it is stored: its limit comes from the list. */
export const stored = <T extends { readonly environments: readonly string[] }>(entry: T) => ({
  ...entry,
  limitAccessByEnvironment: entry.environments.length > 0,
});

/** One role write to the member `u_1`, a collaborator but for `row`, on a server of its own. */
export async function write(
  row: Partial<MemberSeed>,
  member: unknown,
  options: Partial<GrowthBookOptions> = {},
) {
  const { server, post } = await bench({ members: [person({ id: 'u_1', ...row })], ...options });
  const seen = await post('u_1', { member });
  return { server, seen, after: server.member('u_1') };
}
