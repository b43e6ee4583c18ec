import { expect, test } from 'vitest';
import { bench, NOW, people, person } from './client.ts';
import { DEFAULT_KEY } from './state.ts';

const READONLY = { member: { role: 'readonly' } };

/** A gap that ends for all when so many are in it. */
function meeting(size: number): () => Promise<void> {
  let present = 0;
  let open = (): void => undefined;
  const met = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    present += 1;
    if (present === size) open();
    return met;
  };
}

const roles = (server: { readonly state: { readonly members: readonly { role: string }[] } }) =>
  server.state.members.map(({ role }) => role).sort();

test.each([
  ['one key', DEFAULT_KEY.secret],
  ['two keys', 'second'],
])('of two writes in flight at once, with %s, one is lost and both answer 200', async (_, second) => {
  const keys = [DEFAULT_KEY, { id: 'key_2', secret: 'second', role: 'admin' }];
  const { server, post } = await bench({ members: people(2), keys, gap: meeting(2) });
  const seen = await Promise.all([post('u_001', READONLY), post('u_002', READONLY, second)]);
  expect(seen.map(({ status }) => status)).toEqual([200, 200]);
  expect(seen.map(({ body }) => body['updatedMember'])).toMatchObject([READONLY.member, READONLY.member]);
  expect(roles(server)).toEqual(['collaborator', 'readonly']);
  expect([server.writes.length, server.peak]).toEqual([2, 2]);
});

test('of two writes to one member in flight at once, one is lost', async () => {
  const { server, post } = await bench({ members: people(1), gap: meeting(2) });
  const projectRoles = [{ project: 'prj_1', role: 'admin', environments: [] }];
  await Promise.all([post('u_001', READONLY), post('u_001', { member: { projectRoles } })]);
  const { role, projectRoles: kept } = server.member('u_001');
  expect([role === 'readonly', kept?.length === 1].filter(Boolean)).toHaveLength(1);
});

test('writes one after the other are all kept', async () => {
  const { server, post } = await bench({ members: people(5) });
  for (const { id } of people(5)) await post(id, READONLY);
  expect(roles(server)).toEqual(Array(5).fill('readonly'));
  expect(server.peak).toBe(1);
});

test('a write brings back a member who was removed, and drops one who came, between its reading and writing', async () => {
  const { server, post } = await bench({
    gap: async () => {
      server.state.members = [...server.state.members.slice(0, 2), { id: 'u_new', role: 'collaborator' }];
    },
  });
  await post('u_001', READONLY);
  expect(server.state.members.map(({ id }) => id)).toEqual(['u_001', 'u_002', 'u_003']);
});

test("a colleague's login undoes a write that was answered with 200, once, and stamps itself", async () => {
  const { server, post } = await bench();
  server.loginDuringWrite('u_003', { when: ({ memberId }) => memberId === 'u_002' });
  for (const id of ['u_001', 'u_002']) expect((await post(id, READONLY)).status).toBe(200);
  expect(server.state.members.map(({ role }) => role)).toEqual(['readonly', 'collaborator', 'collaborator']);
  expect(server.member('u_003').lastLoginDate).toBe(new Date(NOW).toISOString());
  expect(server.writes.map(({ memberId }) => memberId)).toEqual(['u_001', 'u_002']);
  expect(server.writes[1]).toMatchObject({ before: { role: 'collaborator' }, after: { role: 'readonly' } });
  await post('u_002', READONLY);
  expect(server.member('u_002').role).toBe('readonly');
});

test('logins undo as many writes as they are set to', async () => {
  const { server, post } = await bench();
  server.loginDuringWrite('u_003', { times: 2 });
  const found: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    await post('u_001', READONLY);
    found.push(server.member('u_001').role);
  }
  expect(found).toEqual(['collaborator', 'collaborator', 'readonly']);
});

test('somebody else may be faster than a request', async () => {
  const { server, get } = await bench();
  server.state.before = ({ path }) => {
    if (path === '/api/v1/members') server.state.members = server.state.members.slice(1);
  };
  expect((await get('/members')).body['total']).toBe(2);
});

test('an unchanged write is written like any other', async () => {
  const { server, post } = await bench({ members: [person({ id: 'u_1', role: 'readonly' })] });
  expect((await post('u_1', READONLY)).status).toBe(200);
  expect(server.writes).toMatchObject([
    { memberId: 'u_1', before: { role: 'readonly' }, after: { role: 'readonly' } },
  ]);
});
