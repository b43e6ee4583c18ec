import { sideBySide } from '../../pipeline/collect.ts';
import type { Change, Reading, Target, Written } from '../../pipeline/model.ts';
import { DeadlineError, SourceError, StopError } from '../../runtime/errors.ts';
import { type HttpAnswer, NoAnswerError } from '../../runtime/http.ts';
import type { Run } from '../../runtime/run.ts';
import type { Access, Terms } from './access.ts';
import { type GrowthBookApi, type GrowthBookSettings, growthBookApi, growthBookPace } from './api.ts';
import { type Standing, standingOf } from './row.ts';
import type { Member, Team } from './schema.ts';
import { settle } from './settle.ts';
import { roleWrite } from './write.ts';

/** GrowthBook as read and as written. Writes are serial: the server rewrites its whole member list on each. */
export interface GrowthBook extends Target<Access> {
  read(): Promise<Reading<{ readonly members: readonly Member[]; readonly teams: readonly Team[] }>>;
}

/** A member list by id. */
export type Rows = ReadonlyMap<string, Member>;
export const byId = (members: readonly Member[]): Rows =>
  new Map(members.map((member) => [member.id, member]));

/** The end of the run's time that is kept for reading back: a tenth of it, 20 s at most. */
const reserve = (run: Run) => Math.min(20_000, run.deadline.left() / 10);

/** How long a listing may be built on: what others changed on other projects since would be undone. */
const FRESH_MS = 10_000;

/** What an error means that ends the writing: the run's time, a wish to stop, a list that can't be read. Any other is thrown. */
function haltOf(error: unknown): Error {
  if (error instanceof SourceError) return new StopError(error.message);
  if (error instanceof DeadlineError || error instanceof StopError) return error;
  throw error;
}

async function asSource<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof NoAnswerError ? new SourceError(error.message) : error;
  }
}

/** GrowthBook for one run. */
export function growthBook(settings: GrowthBookSettings, terms: Terms, run: Run): GrowthBook {
  const pace = growthBookPace(settings, run);
  const collecting = growthBookApi(settings, run, pace);
  const writing = growthBookApi(settings, { ...run, deadline: run.deadline.sooner(reserve(run)) }, pace);
  const settling = growthBookApi(settings, { ...run, deadline: run.deadline.finishing() }, pace);
  let read: Rows = new Map();
  let begun: Rows = new Map();
  let seen: { readonly rows: Rows; readonly at: number } = { rows: begun, at: Number.NEGATIVE_INFINITY };
  const look = async () => {
    seen = { rows: byId(await writing.members()), at: run.clock.now() };
    return seen.rows;
  };
  const standing = (change: Change<Access>, rows: Rows): Standing =>
    standingOf(change, {
      read: read.get(change.account),
      now: rows.get(change.account),
      project: terms.project,
    });
  const writerWith = (api: GrowthBookApi) => (change: Change<Access>) => {
    const row = read.get(change.account);
    if (!row)
      return Promise.resolve<Written>({ result: 'failed', error: 'a change for nobody who was read' });
    return writeOnce(change, { api, run, standing, body: roleWrite(row, change.to, terms) });
  };
  return {
    read: async () => {
      const [, members, teams] = await sideBySide([
        collecting.checkProject(),
        collecting.members(),
        collecting.teams(),
      ]);
      read = byId(members);
      return { facts: { members, teams }, entries: members.length, version: null };
    },
    begin: async () => {
      begun = await asSource(look);
    },
    write: async (change) => {
      try {
        const rows = run.clock.now() - seen.at > FRESH_MS ? await asSource(look) : seen.rows;
        return withoutWriting(standing(change, rows)) ?? (await writerWith(writing)(change));
      } catch (error) {
        const halt = haltOf(error);
        return { result: 'withheld', halt, error: halt.message };
      }
    },
    settle: (outcomes) =>
      settle(outcomes, {
        list: async () => byId(await settling.members()),
        write: writerWith(settling),
        standing,
        begun,
        log: run.log,
      }),
  };
}

/** What a row says before anything is sent; undefined where a request is due. */
function withoutWriting(standing: Standing): Written | undefined {
  if (standing.is === 'as-planned') return { result: 'applied' };
  if (standing.is === 'otherwise')
    return { result: 'withheld', stale: true, error: `stale: ${standing.because}` };
  return undefined;
}

interface Writing {
  readonly api: GrowthBookApi;
  readonly run: Run;
  readonly body: unknown;
  standing(change: Change<Access>, rows: Rows): Standing;
}

/** One change: sent, and where the answer is lost sent again after a look at what is there. */
async function writeOnce(change: Change<Access>, { api, run, body, standing }: Writing): Promise<Written> {
  const posts = () => run.calls.counts().growthbook?.POST ?? 0;
  const before = posts();
  let seen: Standing = { is: 'as-read' };
  const again = async () => {
    seen = standing(change, byId(await api.members()));
    return seen.is === 'as-read';
  };
  try {
    const answer = await api.writeRole(change.account, body, again);
    return withoutWritingAgain(seen) ?? answered(answer, api);
  } catch (error) {
    const sent = posts() > before;
    if (error instanceof NoAnswerError) {
      return withoutWritingAgain(seen) ?? { result: 'failed', sent, error: error.message };
    }
    const halt = haltOf(error);
    return { result: sent ? 'failed' : 'withheld', sent, halt, error: halt.message };
  }
}

function withoutWritingAgain(seen: Standing): Written | undefined {
  const written = withoutWriting(seen);
  return written && { ...written, sent: true };
}

const ABOUT_THE_PLAN = /^(Must have an? .* plan|Your plan )/;

/** An answer to a role write. The server validates the whole row, also what was not sent, and says most things with 400. */
function answered(answer: HttpAnswer, api: GrowthBookApi): Written {
  const { status, where } = answer;
  if (status === 200) return { result: 'applied', sent: true };
  const said = api.said(answer);
  const error = `${where}: refused (found ${status}, allowed 200): ${said}`;
  if ([401, 402, 403].includes(status) || (status === 400 && ABOUT_THE_PLAN.test(said))) {
    return { result: 'failed', error, halt: new StopError(error) };
  }
  if (said.startsWith('Could not find user')) {
    return { result: 'withheld', stale: true, error: 'stale: no longer a member' };
  }
  if (said.startsWith("Unable to update the user's role")) return { result: 'failed', sent: true, error };
  if (status === 400 || status === 422) {
    const mend =
      'mend this row in GrowthBook by hand: its roles, project roles and environment limits must all be valid';
    return { result: 'failed', rowFault: true, error: `${error}; ${mend}` };
  }
  return { result: 'failed', sent: status >= 500, error };
}
