import type { Answer } from '../server.ts';
import { effectiveAccess } from './access.ts';
import { mayManageTeam, type startLimiter } from './keys.ts';
import { listMembers, pageOf, parseMembersQuery, Refusal, type startUserCache } from './members.ts';
import { checkRow, mergeRole, parseRoleBody, updatedMember, withDefaults } from './role.ts';
import {
  type ApiKey,
  CREATED,
  type GrowthBookState,
  type LoginRace,
  type MemberRow,
  type ProjectRow,
  type RoleWrite,
} from './state.ts';
import { teamsAnswer } from './teams.ts';

/** One back-end process: its data, its clock, its limiter and cache, and what it has carried out. */
export interface Context {
  readonly state: GrowthBookState;
  readonly now: () => number;
  readonly gap: () => Promise<unknown>;
  readonly limiter: ReturnType<typeof startLimiter>;
  readonly userOf: ReturnType<typeof startUserCache>;
  readonly writes: RoleWrite[];
}

/** The first row with an id. Throws the 400 for an unknown one. */
export function memberOf(members: readonly MemberRow[], id: string): MemberRow {
  const row = members.find((candidate) => candidate.id === id);
  if (!row) throw new Refusal(400, 'Could not find user with that ID');
  return row;
}

/** One authenticated call within the limit. `json` is the body as read, `{}` where there was none. */
export interface Call {
  readonly key: ApiKey;
  readonly context: Context;
  readonly json: unknown;
  readonly query: URLSearchParams;
}

type Endpoint = (call: Call, id: string) => Answer | Promise<Answer>;

const ENDPOINTS: readonly (readonly [string, RegExp, Endpoint])[] = [
  ['GET', /^\/api(?:\/v1)?$/i, root],
  ['GET', /^\/api\/v1\/members$/i, members],
  ['POST', /^\/api\/v1\/members\/([^/]+)\/role$/i, updateRole],
  ['GET', /^\/api\/v1\/projects$/i, projects],
  ['GET', /^\/api\/v1\/projects\/([^/]+)$/i, project],
  ['GET', /^\/api\/v1\/teams$/i, ({ context }) => teamsAnswer(context.state)],
  ['GET', /^\/api\/v1\/environments$/i, environments],
  ['GET', /^\/api\/v1\/settings$/i, settings],
];

/** Carries a call out. `path` has no trailing slash; its case does not matter. Throws `Refusal`. */
export async function route(method: string, path: string, call: Call): Promise<Answer> {
  const found = ENDPOINTS.find(([verb, pattern]) => verb === method && pattern.test(path));
  if (!found) throw new Refusal(404, 'Unknown API endpoint');
  const [, pattern, endpoint] = found;
  return endpoint(call, decodeURIComponent(pattern.exec(path)?.[1] ?? ''));
}

/** Main calls itself 5.0.1 too. */
function root(): Answer {
  const build = { sha: '', date: '', lastVersion: '5.0.1' };
  return { status: 200, body: { name: 'GrowthBook API', apiVersion: 1, build } };
}

function demandTeamManagement({ key, context }: Call): void {
  if (mayManageTeam(key, context.state)) return;
  throw new Refusal(403, 'You do not have permission to perform this action');
}

function members(call: Call): Answer {
  const wanted = parseMembersQuery(call.query);
  demandTeamManagement(call);
  return listMembers(wanted, call.context);
}

/** Reads the array with the request, writes the whole of it after the gap: two at once, and one is lost. */
async function updateRole(call: Call, id: string): Promise<Answer> {
  const { state, gap, now } = call.context;
  const { release } = state;
  const wanted = parseRoleBody(call.json, release);
  demandTeamManagement(call);
  const read = structuredClone(state.members);
  const before = memberOf(read, id);
  const after = mergeRole(before, wanted);
  checkRow({ before, after, wanted }, state);
  await gap();
  const write: RoleWrite = {
    memberId: id,
    body: call.json,
    at: now(),
    before,
    after: structuredClone(after),
  };
  const race = state.races.find(({ left, when }) => left > 0 && when(write));
  const snapshot = race ? structuredClone(state.members) : undefined;
  state.members = read.map((row) => withDefaults(row === before ? after : row, release));
  call.context.writes.push(write);
  if (race && snapshot) stampLogin(race, snapshot, call.context);
  return { status: 200, body: { updatedMember: updatedMember(write.after, release) } };
}

function stampLogin(race: LoginRace, snapshot: MemberRow[], { state, now }: Context): void {
  race.left -= 1;
  memberOf(snapshot, race.memberId).lastLoginDate = new Date(now()).toISOString();
  state.members = snapshot.map((row) => withDefaults(row, state.release));
}

const dated = { dateCreated: CREATED, dateUpdated: CREATED };

const projectOf = ({ id, name }: ProjectRow) => ({ id, name, description: '', ...dated, settings: {} });

function readable({ key, context: { state } }: Call): readonly ProjectRow[] {
  const { userId } = key;
  if (userId === undefined) return key.role === 'noaccess' ? [] : state.projects;
  return state.projects.filter(({ id }) => effectiveAccess(state, userId, id).length > 0);
}

function projects(call: Call): Answer {
  return pageOf('projects', readable(call).map(projectOf), call.query);
}

function project(call: Call, id: string): Answer {
  const found = readable(call).find((candidate) => candidate.id === id);
  if (!found) throw new Refusal(400, 'Could not find project with that id');
  return { status: 200, body: { project: projectOf(found) } };
}

/** Not in pages. */
function environments({ context: { state } }: Call): Answer {
  const environmentOf = (id: string) => ({
    id,
    description: '',
    toggleOnList: true,
    defaultState: true,
    projects: [],
  });
  return { status: 200, body: { environments: state.environments.map(environmentOf) } };
}

function settings({ context: { state } }: Call): Answer {
  return { status: 200, body: { settings: { defaultRole: state.defaultRole } } };
}
