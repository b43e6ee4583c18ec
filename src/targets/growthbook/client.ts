/** Calls GrowthBook's REST API, as far as roles need it. */

import type { z } from 'zod';
import { allSources } from '../../engine/read-source.ts';
import type { Run } from '../../engine/run-types.ts';
import type { Deadline } from '../../platform/clock.ts';
import { DeadlineError, SourceError } from '../../platform/errors.ts';
import type { HttpAnswer } from '../../platform/http-answer.ts';
import { jsonOf, jsonOrUndefined, parseAs, redact, textOf } from '../../platform/http-answer.ts';
import {
  createConcurrencyLimit,
  createHttpClient,
  type HttpRequest,
  type HttpSystem,
  NoAnswerError,
  type Send,
} from '../../platform/http-client.ts';
import { createRateLimiter, type RateLimiter } from '../../platform/rate-limit.ts';
import { PAGE, readMemberList } from './member-list.ts';
import {
  type Member,
  MemberPage,
  ProjectAnswer,
  Refusal,
  SettingsAnswer,
  type Team,
  TeamList,
  WriteAnswer,
} from './schema.ts';

/** Where GrowthBook's API is. `root` is the API host; `/api/v1/…` is appended. */
export interface GrowthBookSettings {
  readonly root: string;
  readonly apiKey: string;
  readonly projects: readonly string[];
  readonly perMinute: number;
}

/** GrowthBook's REST API, as far as a role sync needs it. Every read is whole or throws `SourceError`. */
export interface GrowthBookClient {
  checkProjects(): Promise<void>;
  members(): Promise<readonly Member[]>;
  /** The members with exactly this address. The caller reserves the place in the rate limit. */
  membersAt(address: string): Promise<readonly Member[]>;
  teams(): Promise<readonly Team[]>;
  /** The role of people who sign in for the first time; undefined if the key may not read it. */
  defaultRole(): Promise<string | undefined>;
  /** Writes a member's roles. The caller reserves the places in the rate limit. `shouldRetry` is called before each retry, `onSent` before each attempt. */
  writeRole(
    id: string,
    body: unknown,
    hooks: Required<Pick<HttpRequest, 'shouldRetry' | 'onSent'>>,
  ): Promise<HttpAnswer>;
  /** Whether an answer is GrowthBook's own to a role that was written. */
  isWritten(answer: HttpAnswer): boolean;
  /** The message of a refusal. */
  message(answer: HttpAnswer): string;
}

/** Maximum number of open requests: writes are serial, pages of a list are read at the same time. */
const MAX_CONCURRENT_REQUESTS = 8;

/** The rate limit that all requests of one run share. */
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
    concurrency: createConcurrencyLimit(MAX_CONCURRENT_REQUESTS),
  };
  const send = createHttpClient(system, run);
  const message = (answer: HttpAnswer) => {
    const refusal = Refusal.safeParse(jsonOrUndefined(answer));
    return redact(system, refusal.success ? refusal.data.message : textOf(answer));
  };
  const read = reader(send, message);
  return {
    checkProjects: async () => {
      await allSources(settings.projects.map((project) => checkProject(read, project)));
    },
    members: () =>
      readMemberList((offset) =>
        read('/api/v1/members', MemberPage, { query: { limit: `${PAGE}`, offset: `${offset}` } }),
      ),
    membersAt: async (address) => {
      const query = { userEmail: address, limit: `${PAGE}` };
      return (await read('/api/v1/members', MemberPage, { query, hasPlace: true })).members;
    },
    teams: async () => (await read('/api/v1/teams', TeamList, { missing: { teams: [] } })).teams,
    defaultRole: async () => {
      const own = run.deadline.sooner(run.deadline.left() - timeForDefaultRole(run.deadline));
      return await readDefaultRole(createHttpClient(system, { ...run, deadline: own }), run.deadline);
    },
    writeRole: (id, body, hooks) => {
      const path = `/api/v1/members/${encodeURIComponent(id)}/role`;
      return send({ method: 'POST', path, json: body, retries: 5, hasPlace: true, ...hooks });
    },
    isWritten: (answer) => answer.status === 200 && WriteAnswer.safeParse(jsonOrUndefined(answer)).success,
    message,
  };
}

interface ReadOptions<T> {
  readonly query?: Readonly<Record<string, string>>;
  /** The answer to use where this version has no such endpoint. */
  readonly missing?: T;
  readonly hasPlace?: boolean;
}
type Read = <S extends z.ZodType>(
  path: string,
  schema: S,
  options?: ReadOptions<z.infer<S>>,
) => Promise<z.infer<S>>;

const reader =
  (send: Send, message: (answer: HttpAnswer) => string): Read =>
  async (path, schema, { query = {}, missing, hasPlace = false } = {}) => {
    const answer = await send({ method: 'GET', path, query, hasPlace });
    if (missing !== undefined && isUnknownEndpoint(answer)) return missing;
    if (answer.status !== 200) {
      throw new SourceError(
        `${answer.where}: refused (found ${answer.status}, allowed 200): ${message(answer)}`,
      );
    }
    return parseAs(schema, jsonOf(answer), answer.where);
  };

/** GrowthBook's own answer to an endpoint that a version does not have (seen in 5.0.1): any other 404 is a proxy's. */
const isUnknownEndpoint = (answer: HttpAnswer): boolean => {
  const refusal = Refusal.safeParse(jsonOrUndefined(answer));
  return answer.status === 404 && refusal.success && refusal.data.message === 'Unknown API endpoint';
};

/** Time limit for a read that only a note needs. */
const timeForDefaultRole = (deadline: Deadline): number => Math.min(10_000, deadline.left() / 4);

async function readDefaultRole(send: Send, deadline: Deadline): Promise<string | undefined> {
  try {
    const answer = await send({ method: 'GET', path: '/api/v1/settings', retries: 0 });
    const settings = SettingsAnswer.safeParse(jsonOrUndefined(answer));
    return answer.status === 200 && settings.success ? settings.data.settings.defaultRole.role : undefined;
  } catch (error) {
    const isLate = error instanceof DeadlineError && deadline.left() > 0;
    if (isLate || error instanceof NoAnswerError || error instanceof SourceError) return undefined;
    throw error;
  }
}

/** Checks the project's id, because GrowthBook does not: a write with a wrong id would be stored without effect. */
async function checkProject(read: Read, project: string): Promise<void> {
  const { project: found } = await read(`/api/v1/projects/${encodeURIComponent(project)}`, ProjectAnswer);
  if (found.id === project) return;
  throw new SourceError(
    `growthbook: GROWTHBOOK_PROJECT is no project id (found ${found.id}, allowed ${project})`,
  );
}
