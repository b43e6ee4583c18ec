import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Recorded, type SandboxServer, startServer } from '../server.ts';
import { type Context, memberOf, route } from './endpoints.ts';
import { authenticate, startLimiter } from './keys.ts';
import { Refusal, startUserCache } from './members.ts';
import {
  createState,
  type GrowthBookContent,
  type GrowthBookState,
  type LoginRace,
  type MemberRow,
  type RoleWrite,
} from './state.ts';

/** `now` in milliseconds since 1970; `gap` passes between reading the members' array and writing it back (2 ms by default). The port is `port` where it is free. */
export interface GrowthBookOptions extends GrowthBookContent {
  readonly now?: () => number;
  readonly requestsPerMinute?: number;
  readonly gap?: () => Promise<unknown>;
  readonly port?: number | undefined;
}

/** `writes` lists what was answered with 200, also where a later write of the whole array has undone it. */
export interface GrowthBook extends SandboxServer {
  readonly state: GrowthBookState;
  readonly writes: readonly RoleWrite[];
  /** The row as it is now. Throws for an unknown id. */
  readonly member: (id: string) => MemberRow;
  /** The colleague `memberId` logs in around the next role write, or the next `times` that `when` holds for, and undoes it. */
  readonly loginDuringWrite: (
    memberId: string,
    race?: Partial<Pick<LoginRace, 'when'>> & { times?: number },
  ) => void;
}

/** A GrowthBook back-end as one process with one organisation, on 127.0.0.1. Its API root is `origin`. */
export async function startGrowthBook(options: GrowthBookOptions): Promise<GrowthBook> {
  const { now = Date.now, requestsPerMinute = 60, gap = () => sleep(2), port } = options;
  const state = createState(options);
  const limiter = startLimiter(requestsPerMinute, now);
  const userOf = startUserCache(state, now);
  const context: Context = { state, now, gap, limiter, userOf, writes: [] };
  const server = await startServer((request) => answerTo(request, context), { now, port });
  return Object.assign(server, {
    state,
    writes: context.writes,
    member: (id: string) => memberOf(state.members, id),
    loginDuringWrite: (memberId: string, { when = () => true, times = 1 } = {}) => {
      memberOf(state.members, memberId);
      state.races.push({ memberId, when, left: times });
    },
  } satisfies Omit<GrowthBook, keyof SandboxServer>);
}

const MAX_BODY_BYTES = 2 * 2 ** 20;

/** Reads a JSON body as Express does, before anything else: another content type is no body. */
function readBody({ body, headers }: Recorded): { readonly json: unknown } | { readonly refused: Answer } {
  const refused = (status: number, message: string) => ({ refused: { status, body: { status, message } } });
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) return refused(413, 'request entity too large');
  if (body === '' || !/^application\/json\b/i.test(headers['content-type'] ?? '')) return { json: {} };
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json === 'object' && json !== null) return { json };
    return refused(400, 'Unexpected token in JSON at position 0');
  } catch (error) {
    return refused(400, error instanceof Error ? error.message : String(error));
  }
}

async function answerTo(request: Recorded, context: Context): Promise<Answer> {
  context.state.before?.(request);
  const path = request.path.replace(/\/$/, '');
  if (!/^\/api(\/|$)/i.test(path)) return { status: 404, body: { status: 404, message: 'Not found' } };
  const body = readBody(request);
  if ('refused' in body) return body.refused;
  const caller = authenticate(request, context.state);
  if ('refused' in caller) return caller.refused;
  const { headers, refused } = context.limiter(caller.key.id);
  if (refused) return { ...refused, headers };
  try {
    const call = { ...caller, context, json: body.json, query: request.query };
    const answer = await route(request.method, path, call);
    return { ...answer, headers: { ...headers, ...answer.headers } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, body: { message: error.message }, headers };
  }
}
