import type { z } from 'zod';
import type { Run } from '../../engine/run.ts';
import { SourceError } from '../../platform/errors.ts';
import type { HttpAnswer } from '../../platform/http-answer.ts';
import { jsonOf, jsonOrUndefined, parseAs, redact, textOf } from '../../platform/http-answer.ts';
import {
  createHttpClient,
  type HttpRequest,
  type HttpSystem,
  type Send,
} from '../../platform/http-client.ts';
import { createRateLimiter, type RateLimiter } from '../../platform/rate-limit.ts';
import { type Member, MemberPage, ProjectAnswer, Refusal, type Team, TeamList } from './schema.ts';

/** Where GrowthBook's API is. `root` is the API host; `/api/v1/…` is appended. */
export interface GrowthBookSettings {
  readonly root: string;
  readonly apiKey: string;
  readonly project: string;
  readonly perMinute: number;
}

/** GrowthBook's REST API, as far as a role sync needs it. Every read is whole or throws `SourceError`. */
export interface GrowthBookClient {
  checkProject(): Promise<void>;
  members(): Promise<readonly Member[]>;
  teams(): Promise<readonly Team[]>;
  /** Writes a member's roles. `shouldRetry` is called before each retry, `onSent` before each attempt. */
  writeRole(
    id: string,
    body: unknown,
    hooks: Required<Pick<HttpRequest, 'shouldRetry' | 'onSent'>>,
  ): Promise<HttpAnswer>;
  /** What a refusal says. */
  message(answer: HttpAnswer): string;
}

const PAGE = 100;

/** The pace that all requests of one run share. */
export const createGrowthBookRateLimiter = (settings: GrowthBookSettings, run: Run): RateLimiter =>
  createRateLimiter(run.clock, settings.perMinute);

/** The API as `run` reaches it. */
export function createGrowthBookClient(
  settings: GrowthBookSettings,
  run: Run,
  rateLimiter: RateLimiter,
): GrowthBookClient {
  const system: HttpSystem = {
    name: 'growthbook',
    root: settings.root,
    headers: { authorization: `Bearer ${settings.apiKey}`, accept: 'application/json' },
    secrets: [settings.apiKey],
    rateLimiter,
    resetInSeconds: true,
  };
  const send = createHttpClient(system, run);
  const message = (answer: HttpAnswer) => {
    const refusal = Refusal.safeParse(jsonOrUndefined(answer));
    return redact(system, refusal.success ? refusal.data.message : textOf(answer));
  };
  const read = reader(send, message);
  return {
    checkProject: () => checkProject(read, settings.project),
    members: () => readMembers(read),
    teams: async () => (await read('/api/v1/teams', TeamList, { missing: { teams: [] } })).teams,
    writeRole: (id, body, hooks) => {
      const path = `/api/v1/members/${encodeURIComponent(id)}/role`;
      return send({ method: 'POST', path, json: body, retries: 5, ...hooks });
    },
    message,
  };
}

interface ReadOptions<T> {
  readonly query?: Readonly<Record<string, string>>;
  /** What a 404 stands for, where older versions lack the endpoint. */
  readonly missing?: T;
}
type Read = <S extends z.ZodType>(
  path: string,
  schema: S,
  options?: ReadOptions<z.infer<S>>,
) => Promise<z.infer<S>>;

const reader =
  (send: Send, message: (answer: HttpAnswer) => string): Read =>
  async (path, schema, { query = {}, missing } = {}) => {
    const answer = await send({ method: 'GET', path, query });
    if (answer.status === 404 && missing !== undefined) return missing;
    if (answer.status !== 200) {
      throw new SourceError(
        `${answer.where}: refused (found ${answer.status}, allowed 200): ${message(answer)}`,
      );
    }
    return parseAs(schema, jsonOf(answer), answer.where);
  };

/** GrowthBook stores project ids unchecked: a name or a typo would be kept without effect. */
async function checkProject(read: Read, project: string): Promise<void> {
  const { project: found } = await read(`/api/v1/projects/${encodeURIComponent(project)}`, ProjectAnswer);
  if (found.id === project) return;
  throw new SourceError(
    `growthbook: GROWTHBOOK_PROJECT is no project id (found ${found.id}, allowed ${project})`,
  );
}

/** Pages have no snapshot: a member removed between two of them hides another. One that disagrees with itself is read once more. */
async function readMembers(read: Read): Promise<readonly Member[]> {
  const first = await traverse(read);
  const { members, fault } = first.fault === undefined ? first : await traverse(read);
  if (fault !== undefined) throw new SourceError(`growthbook: GET /api/v1/members: read twice, and ${fault}`);
  if (members.length === 0)
    throw new SourceError('growthbook: GET /api/v1/members: the organisation has no members');
  return members;
}

async function traverse(read: Read): Promise<{ members: readonly Member[]; fault?: string }> {
  const rows = new Map<string, Member>();
  const totals = new Set<number>();
  for (let offset: number | null = 0; offset !== null; ) {
    const query = { limit: `${PAGE}`, offset: `${offset}` };
    const page: MemberPage = await read('/api/v1/members', MemberPage, { query });
    totals.add(page.total);
    for (const member of page.members) rows.set(member.id, member);
    if (page.hasMore && (page.nextOffset === null || page.nextOffset <= offset)) {
      return {
        members: [],
        fault: `more is promised but no further page (found nextOffset ${page.nextOffset})`,
      };
    }
    offset = page.hasMore ? page.nextOffset : null;
  }
  const [total] = totals;
  if (totals.size === 1 && total === rows.size) return { members: [...rows.values()] };
  return {
    members: [],
    fault: `the count disagrees (found ${rows.size} members, total ${[...totals].join(', then ')})`,
  };
}
