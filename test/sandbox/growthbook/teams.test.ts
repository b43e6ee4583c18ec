import { expect, test } from 'vitest';
import { bench, person } from './client.ts';
import { validateEntry } from './openapi.ts';
import type { ApiKey } from './state.ts';
import type { TeamsForm } from './teams.ts';

const team = (id: string) => ({
  id,
  name: id.toUpperCase(),
  role: 'engineer',
  environments: ['dev'],
  limitAccessByEnvironment: true,
});
const TEAMS = [team('team_1'), team('team_2')];
const members = [person({ id: 'u_1', teams: ['team_1'] }), person({ id: 'u_2' })];
const keys: ApiKey[] = [{ id: 'k', secret: 'weak', role: 'readonly' }];

const ask = async (teamsForm: TeamsForm) => {
  const { server } = await bench({ keys, members, teams: TEAMS, teamsForm });
  const headers = { authorization: 'Bearer weak' };
  const response = await fetch(`${server.origin}/api/v1/teams?limit=0&foo=1`, { headers });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};
const teamsIn = (text: string) => (JSON.parse(text) as { readonly teams: readonly object[] }).teams;

test('teams are all on one page with their members, to any key', async () => {
  const { status, text } = await ask('list');
  const [first, second] = teamsIn(text);
  expect(status).toBe(200);
  expect(first).toMatchObject({ ...TEAMS[0], members: ['u_1'] });
  expect(second).toMatchObject({ ...TEAMS[1], members: [] });
  expect(validateEntry('Team', first)).toEqual([]);
});

test('a version without the endpoint answers in its own form', async () => {
  expect(await ask('unknown-endpoint')).toEqual({
    status: 404,
    type: 'application/json; charset=utf-8',
    text: '{"message":"Unknown API endpoint"}',
  });
});

test('a proxy answers 404 with a page of HTML', async () => {
  const { status, type, text } = await ask('proxy-404');
  expect([status, type]).toEqual([404, 'text/html; charset=utf-8']);
  expect(text).toContain('<title>404 Not Found</title>');
});

test('a list can be empty, or lack its last team, or its ids, while a member still has the team', async () => {
  expect(teamsIn((await ask('empty')).text)).toEqual([]);
  expect(teamsIn((await ask('without-last')).text)).toMatchObject([{ id: 'team_1' }]);
  const withoutIds = teamsIn((await ask('without-ids')).text);
  expect(withoutIds.map((one) => [Object.hasOwn(one, 'id'), Object.hasOwn(one, 'name')])).toEqual([
    [false, true],
    [false, true],
  ]);
});
