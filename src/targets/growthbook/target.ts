/** GrowthBook as a target: reads all members, then writes roles one after the other. */

import type { Change } from '../../engine/model.ts';
import { allSources } from '../../engine/read-source.ts';
import type { Run } from '../../engine/run-types.ts';
import type { Reading, Target, Writing } from '../../engine/stage-types.ts';
import type { Deadline } from '../../platform/clock.ts';
import { SourceError } from '../../platform/errors.ts';
import { NoAnswerError } from '../../platform/http-client.ts';
import type { Access, RulesOf } from './access.ts';
import { createGrowthBookClient, createGrowthBookRateLimiter, type GrowthBookSettings } from './client.ts';
import { lastAdminCheck } from './last-admin.ts';
import { pagesOf } from './member-list.ts';
import { probesFor } from './role-probes.ts';
import { byId, type Rows } from './rows-by-id.ts';
import type { Member, Team } from './schema.ts';
import { verifyWrites } from './verify.ts';
import { type WriteInput, writeRole } from './write-role.ts';

/** Everything that is read from GrowthBook. `defaultRole` is the role of people who sign in for the first time, if it may be read. */
export interface GrowthBookFacts {
  readonly members: readonly Member[];
  readonly teams: readonly Team[];
  readonly defaultRole?: string;
}

/** GrowthBook as read and as written. Writes are serial: the server rewrites its whole member list on each. */
export interface GrowthBook {
  read(): Promise<Reading<GrowthBookFacts>>;
  /** The target whose plan is made from these facts. */
  from(facts: GrowthBookFacts): Target<Access, Member>;
}

/** A list with at most this number of pages is read again before the first write. */
const FEW_PAGES = 6;

/** GrowthBook for one run. */
export function createGrowthBookTarget(settings: GrowthBookSettings, rules: RulesOf, run: Run): GrowthBook {
  const rateLimiter = createGrowthBookRateLimiter(settings, run);
  const clientUntil = (deadline: Deadline) =>
    createGrowthBookClient(settings, { ...run, deadline }, rateLimiter);
  return {
    read: async () => {
      const client = clientUntil(run.deadline);
      const [, members, teams, defaultRole] = await allSources([
        client.checkProjects(),
        client.members(),
        client.teams(),
        client.defaultRole(),
      ]);
      checkTeams(members, teams);
      const facts = { members, teams, ...(defaultRole === undefined ? {} : { defaultRole }) };
      return { facts, entries: members.length, version: null };
    },
    from: (facts) => ({
      begin: async (changes) => {
        const pages = pagesOf(facts.members.length);
        const deadline = run.deadline.sooner(timeForReadingBack(run, pages, settings));
        const client = clientUntil(deadline);
        const before =
          pages <= FEW_PAGES ? await asSource(async () => byId(await client.members())) : byId(facts.members);
        const check = lastAdminCheck(changes, client);
        const input = { client, rules, rateLimiter, deadline, keptPlaces: pages, check };
        return writing({ changes, facts, before, input, finish: clientUntil(run.deadline.finishing()) }, run);
      },
    }),
  };
}

interface WritesInput {
  readonly changes: readonly Change<Access, Member>[];
  readonly facts: GrowthBookFacts;
  /** The members before the first write. */
  readonly before: Rows;
  readonly input: WriteInput;
  /** Reads back until the end of the run's time, also after a stop request. */
  readonly finish: WriteInput['client'];
}

function writing({ changes, facts, before, input, finish }: WritesInput, run: Run): Writing<Access, Member> {
  const finishing = { ...input, client: finish, deadline: run.deadline.finishing(), keptPlaces: 0 };
  return {
    probes: probesFor(changes, facts),
    write: (change) => writeRole(change, input),
    verify: (results) =>
      verifyWrites(results, {
        list: async () => byId(await finish.members()),
        write: (change) => writeRole(change, finishing),
        before,
        rules: input.rules,
        log: run.log,
      }),
  };
}

/** Throws if a member's team is not in the list: it would give access that no check counts. */
function checkTeams(members: readonly Member[], teams: readonly Team[]): void {
  const listed = new Set(teams.map(({ id }) => id));
  const missing = new Set(members.flatMap((member) => member.teams).filter((id) => !listed.has(id)));
  if (missing.size === 0) return;
  const found = [...missing].slice(0, 5).join(', ');
  throw new SourceError(
    `growthbook: GET /api/v1/teams: the list is not whole (members are in ${found}, found ${listed.size} other teams)`,
  );
}

const MINUTE_MS = 60_000;

/** The time at the end of the run that is reserved for reading back: a tenth of it, at most 20 s, and more if the list takes minutes. */
function timeForReadingBack(run: Run, pages: number, { perMinute }: GrowthBookSettings): number {
  const left = run.deadline.left();
  const minutes = Math.floor(pages / perMinute);
  return Math.min(left / 2, Math.min(20_000, left / 10) + minutes * MINUTE_MS);
}

async function asSource<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof NoAnswerError ? new SourceError(error.message) : error;
  }
}
