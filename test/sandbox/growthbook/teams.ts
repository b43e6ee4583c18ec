import { htmlPage } from '../faults/statuses.ts';
import type { Answer } from '../server.ts';
import { CREATED, type GrowthBookState, type TeamRow } from './state.ts';

/**
 * How `GET /teams` answers. `list`: all teams. `unknown-endpoint`: the version is older than the endpoint. `proxy-404`: a page of
 * a proxy in front. `empty`, `without-last`, `without-ids`: an incomplete list.
 */
export type TeamsForm = 'list' | 'unknown-endpoint' | 'proxy-404' | 'empty' | 'without-last' | 'without-ids';

/** Not in pages, the query is ignored, and any valid key may read it. A team's members are the rows that name the team. */
export function teamsAnswer(state: GrowthBookState): Answer {
  const teams = state.teams.map((team) => teamEntity(team, state));
  const list = (some: readonly object[]): Answer => ({ status: 200, body: { teams: some } });
  switch (state.teamsForm) {
    case 'list':
      return list(teams);
    case 'unknown-endpoint':
      return { status: 404, body: { message: 'Unknown API endpoint' } };
    case 'proxy-404':
      return htmlPage(404, '404 Not Found');
    case 'empty':
      return list([]);
    case 'without-last':
      return list(teams.slice(0, -1));
    case 'without-ids':
      return list(teams.map(({ id: _id, ...team }) => team));
  }
}

const teamEntity = (team: TeamRow, { members }: GrowthBookState) => ({
  ...team,
  dateCreated: CREATED,
  dateUpdated: CREATED,
  createdBy: '',
  description: '',
  managedByIdp: team.managedByIdp ?? false,
  limitAccessByEnvironment: team.limitAccessByEnvironment ?? false,
  members: members.filter((row) => row.teams?.includes(team.id)).map(({ id }) => id),
});
