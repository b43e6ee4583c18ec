import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Change } from '../../../src/engine/model.ts';
import { SourceError, StopError } from '../../../src/platform/errors.ts';
import { type Access, currentAccess } from '../../../src/targets/growthbook/access.ts';
import type { Member } from '../../../src/targets/growthbook/schema.ts';
import { createGrowthBookTarget } from '../../../src/targets/growthbook/target.ts';
import { decision, member, PROJECT, RULES, type TestRunOptions, team, testRun } from '../../fixtures.ts';
import { type StillClock, stillClock } from '../../sandbox/clock.ts';
import { type GrowthBook, startGrowthBook } from '../../sandbox/growthbook/server.ts';
import { DEFAULT_KEY } from '../../sandbox/growthbook/state.ts';

let server: GrowthBook;
let clock: StillClock;
beforeEach(async () => {
  clock = stillClock();
  server = await startGrowthBook({
    now: clock.now,
    requestsPerMinute: 6000,
    members: [
      { id: 'u', email: 'u@example.org', role: 'readonly', teams: ['t'] },
      { id: 'v', email: 'v@example.org', role: 'admin' },
    ],
    teams: [{ id: 't', name: 't', role: 'noaccess', environments: [] }],
    projects: [{ id: PROJECT, name: 'A' }],
  });
});
afterEach(() => server.close());

const rules = { ...RULES, maxGlobalRole: 'readonly' };
function targetOf(options: TestRunOptions & { perMinute?: number } = {}) {
  const { perMinute = 6000, ...rest } = options;
  const run = testRun({ clock, mayWrite: true, ...rest });
  const settings = { root: server.origin, apiKey: DEFAULT_KEY.secret, projects: [PROJECT], perMinute };
  return createGrowthBookTarget(settings, () => rules, run);
}
const listings = () =>
  server.requests.filter(({ path, query }) => path === '/api/v1/members' && !query.has('userEmail')).length;
const changeOf = (row: Member, projectRole: string): Change<Access, Member> => ({
  ...decision(),
  kind: 'upgrade',
  account: row.id,
  label: row.email,
  row,
  from: currentAccess(row, RULES),
  to: { globalRole: row.globalRole, projectRole, additionalRoles: [] },
});
const numbered = (count: number) => Array.from({ length: count }, (_, n) => member(`m${n}`));

describe('reading', () => {
  const members = [
    member('u', { globalRole: 'readonly', teams: ['t'] }),
    member('v', { globalRole: 'admin' }),
  ];
  const teams = [team('t', { members: ['u'] })];

  test('has members, teams and the default role', async () => {
    expect(await targetOf().read()).toStrictEqual({
      facts: { members, teams, defaultRole: 'noaccess' },
      entries: 2,
      version: null,
    });
  });

  test('is without a default role that may not be read', async () => {
    server.addFault({
      path: '/api/v1/settings',
      effect: { kind: 'answer', answer: { status: 403, body: {} } },
    });
    expect((await targetOf().read()).facts).toStrictEqual({ members, teams });
  });

  test('names everything that failed', async () => {
    const refused = { kind: 'answer', answer: { status: 403, body: { message: 'no' } } } as const;
    for (const path of ['/api/v1/teams', `/api/v1/projects/${PROJECT}`])
      server.addFault({ path, effect: refused });
    await expect(targetOf().read()).rejects.toThrow(
      new SourceError(
        `growthbook: GET /api/v1/projects/${PROJECT}: refused (found 403, allowed 200): no; growthbook: GET /api/v1/teams: refused (found 403, allowed 200): no`,
      ),
    );
  });

  test('fails where members are in teams that are not listed, of which five are named', async () => {
    Object.assign(server.member('u'), { teams: ['t', 'a', 'b', 'c'] });
    Object.assign(server.member('v'), { teams: ['a', 'd', 'e', 'f'] });
    await expect(targetOf().read()).rejects.toThrow(
      new SourceError(
        'growthbook: GET /api/v1/teams: the list is not whole (members are in a, b, c, d, e, found 1 other teams)',
      ),
    );
  });
});

describe('before the first write the members', () => {
  test.each([
    [2, 1],
    [595, 1],
    [596, 0],
  ])('of a plan with %i members are read again %i times', async (count, times) => {
    await targetOf()
      .from({ members: numbered(count), teams: [] })
      .begin([]);
    expect(listings()).toBe(times);
  });

  test('that give no answer are a failed source', async () => {
    server.addFault({ path: '/api/v1/members', effect: { kind: 'drop' } });
    const begun = targetOf({ noRetries: true })
      .from({ members: numbered(2), teams: [] })
      .begin([]);
    await expect(begun).rejects.toThrow(SourceError);
    await expect(begun).rejects.toThrow(/growthbook: GET \/api\/v1\/members: no answer: /);
  });

  test('that are refused are the error that they are', async () => {
    const refused = { kind: 'answer', answer: { status: 401, body: { message: 'no' } } } as const;
    server.addFault({ path: '/api/v1/members', effect: refused });
    await expect(
      targetOf()
        .from({ members: numbered(2), teams: [] })
        .begin([]),
    ).rejects.toThrow(
      new SourceError('growthbook: GET /api/v1/members: refused (found 401, allowed 200): no'),
    );
  });

  test('are those with which the list after it is compared', async () => {
    const target = targetOf();
    const { facts } = await target.read();
    server.state.members = server.state.members.filter(({ id }) => id !== 'u');
    const few = await target.from(facts).begin([]);
    expect(await few.verify([])).toEqual({ results: [], notes: [], failures: [] });
    const many = await target.from({ members: numbered(596), teams: [] }).begin([]);
    expect((await many.verify([])).failures[0]).toMatch(/vanished .*: m0, m1, /);
  });
});

describe('writing', () => {
  test('writes a role, reads it back, and tells the probes', async () => {
    const target = targetOf();
    const { facts } = await target.read();
    const [row] = facts.members;
    if (!row) throw new Error('no member');
    const known = changeOf(row, 'engineer');
    const custom = changeOf(row, 'CustomElevatedAccess');
    const writing = await target.from(facts).begin([known, custom]);
    expect(writing.probes).toEqual([[custom]]);
    const written = await writing.write(known);
    expect(written).toEqual({ result: 'applied', sent: true, rowBefore: row });
    const { results, failures } = await writing.verify([{ change: known, ...written }]);
    expect([results, failures]).toEqual([[{ change: known, ...written }], []]);
    expect(server.member('u').projectRoles).toMatchObject([{ project: PROJECT, role: 'engineer' }]);
  });

  test('does not lower the last administrator', async () => {
    const target = targetOf();
    const { facts } = await target.read();
    const row = facts.members[1] ?? member('v');
    const lower = {
      ...changeOf(row, 'readonly'),
      to: { ...currentAccess(row, RULES), globalRole: 'readonly' },
    };
    const writing = await target.from(facts).begin([lower]);
    expect(await writing.write(lower)).toMatchObject({
      result: 'withheld',
      error: 'stale: nobody else would have the global role admin',
    });
  });

  /** A list of seven pages is not read again, so that the first request is that of the write. */
  test.each([
    ['20 s of 240', 240, 8, 220_000],
    ['a tenth of 100 s', 100, 8, 90_000],
    ['and a minute for each that the list takes', 240, 7, 160_000],
    ['and no part of one', 240, 4, 160_000],
    ['and half of it at the most', 240, 3, 120_000],
  ])('ends before the run does: %s', async (_, seconds, perMinute, end) => {
    const row = member('u', { globalRole: 'readonly', teams: ['t'] });
    const attempt = async (at: number) => {
      clock = stillClock();
      const writing = await targetOf({ seconds, perMinute })
        .from({ members: [row, ...numbered(599)], teams: [] })
        .begin([]);
      clock.advance(at);
      return (await writing.write(changeOf(row, 'engineer'))).result;
    };
    expect([await attempt(end), await attempt(end - 5000)]).toEqual(['withheld', 'applied']);
  });

  test('ends where the run is asked to stop; what was written is read back all the same', async () => {
    const stop = new AbortController();
    const target = targetOf({ stop: stop.signal });
    const { facts } = await target.read();
    const row = facts.members[0] ?? member('u');
    const change = changeOf(row, 'engineer');
    const writing = await target.from(facts).begin([change]);
    const written = await writing.write(change);
    stop.abort();
    expect((await writing.write(change)).stopReason).toBeInstanceOf(StopError);
    Object.assign(server.member('u'), { projectRoles: [] });
    const { results, stopReason } = await writing.verify([{ change, ...written }]);
    expect(results).toMatchObject([{ result: 'applied', sent: true }]);
    expect(stopReason).toBeUndefined();
    expect(server.member('u').projectRoles).toMatchObject([{ project: PROJECT, role: 'engineer' }]);
  });
});
