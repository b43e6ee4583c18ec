import { describe, expect } from 'vitest';
import { groupDn } from '../sandbox/growthbook/example.ts';
import type { FaultEffect, Recorded } from '../sandbox/server.ts';
import { scenario, test } from './growthbook.ts';

const at =
  (part: string) =>
  ({ path }: Recorded) =>
    path.includes(part);
const answering = (
  status: number,
  body: string | object,
  headers: Record<string, string> = {},
): FaultEffect => ({
  kind: 'answer',
  answer: { status, body, headers },
});

async function isRefused(because: RegExp, environment: Record<string, string> = {}): Promise<void> {
  const { report } = await scenario.run({}, environment);
  expect(report.error).toMatch(because);
  expect([report.outcome, report.exitCode, report.planHash]).toEqual(['source-failed', 3, null]);
  expect(report.changes).toEqual([]);
  expect(scenario.posts()).toEqual([]);
}

describe('LDAP: the run ends with no plan and no write where', () => {
  const group = () => scenario.ldap.entries.find(({ dn }) => dn === groupDn('readonly'));

  test('a watched group is empty', async () => {
    Object.assign(group()?.attributes ?? {}, { member: [] });
    await isRefused(/ldap: groups without members \(found growthbook-readonly/);
  });

  test('a watched group is missing', async () => {
    scenario.ldap.entries = scenario.ldap.entries.filter((entry) => entry !== group());
    await isRefused(/ldap: groups missing \(found growthbook-readonly/);
  });

  test('none of a group’s members is a person', async () => {
    Object.assign(group()?.attributes ?? {}, { member: ['uid=nobody,ou=people,dc=wikimedia,dc=org'] });
    await isRefused(/groups without members \(found growthbook-readonly/);
  });

  test('addresses are hidden, unless both settings allow it', async () => {
    for (const entry of scenario.ldap.entries) delete (entry.attributes as Record<string, unknown>)['mail'];
    await isRefused(
      /source ldap: people without an e-mail address \(found \d+ of \d+, 100 %\).*LDAP_BIND_DN/,
    );
    const { report } = await scenario.run({ dryRun: true }, { SOURCE_MAX_INCOMPLETE_PERCENT: '100' });
    expect(report.outcome).not.toBe('source-failed');
  });

  test('more than a tenth of a group’s members, and more than one, are nobody', async () => {
    const attributes = (group()?.attributes ?? {}) as Record<string, readonly string[]>;
    const gone = [1, 2].map((n) => `uid=gone${n},ou=people,dc=wikimedia,dc=org`);
    attributes['member'] = [...(attributes['member'] ?? []), ...gone];
    await isRefused(/source ldap: members of group growthbook-readonly that lead to no person \(found 3 of/);
  });

  test('no server answers', async () => {
    await isRefused(/source ldap: .*ECONNREFUSED/, { LDAP_SERVERS: 'ldap://127.0.0.1:1' });
  });

  test('the bind is refused, and the password is in no line of the log', async () => {
    await isRefused(/source ldap: .*bind/, { LDAP_BIND_PASSWORD: 'wrong-and-secret' });
    expect(JSON.stringify(scenario.lines)).not.toContain('wrong-and-secret');
  });

  test('a group that may be empty is empty: the run goes on', async () => {
    Object.assign(group()?.attributes ?? {}, { member: [] });
    const policy = JSON.stringify({
      order: ['noaccess', 'readonly', 'admin'],
      gate: { rule: 1, posix: 'analytics-privatedata-users' },
      rules: [
        { rule: 2, ldap: 'growthbook-admin', role: 'admin' },
        { rule: 4, ldap: 'growthbook-readonly', role: 'readonly' },
      ],
      otherwise: { rule: 5 },
      mayBeEmpty: ['growthbook-readonly'],
    });
    const { report } = await scenario.run({ dryRun: true }, { GROWTHBOOK_POLICY: policy });
    expect(report.outcome).toBe('refused');
    expect(report.objections.map(({ name }) => name)).toContain('revokes');
  });
});

describe('LDAP entries that cannot be read as one person', () => {
  const withTwoUids = (...uids: readonly string[]) => {
    for (const uid of uids) {
      const entry = scenario.ldap.entries.find(({ dn }) => dn.startsWith(`uid=${uid},`));
      Object.assign(entry?.attributes ?? {}, { uid: [uid, `${uid}2`] });
    }
  };

  test('two of them: their accounts are skipped, everybody else is decided on', async () => {
    withTwoUids('bela', 'gwen');
    const { report } = await scenario.run({ dryRun: true });
    expect(report.outcome).toBe('planned');
    const skipped = report.notes.filter(({ because }) => because.includes('exactly one uid'));
    expect(skipped.map(({ kind, label }) => [kind, label])).toEqual([
      ['skipped', 'bela@example.org'],
      ['skipped', 'gwen@example.org'],
    ]);
  });

  test('three of them fail the source', async () => {
    withTwoUids('bela', 'gwen', 'hiro');
    await isRefused(/ldap: entries that cannot be read as one person \(found 3, allowed 2\)/);
  });
});

describe('data.yaml: the run ends with no plan and no write where', () => {
  test.each<[string, FaultEffect, RegExp]>([
    ['the server answers 404', answering(404, 'NOT_FOUND'), /found 404, allowed 200/],
    [
      'an HTML page comes',
      answering(200, '<!doctype html><p>hi', { 'content-type': 'text/html' }),
      /HTML page/,
    ],
    ['the base64 is cut', answering(200, 'Z3Jvd'), /no whole base64/],
    [
      'the file has no newline at its end',
      answering(200, Buffer.from('groups: {}').toString('base64')),
      /cut off/,
    ],
    ['the answer ends early every time', { kind: 'truncate' }, /no answer/],
  ])('%s', async (_, effect, because) => {
    scenario.gitiles.addFault({ when: at('data.yaml'), effect });
    await isRefused(because);
  });

  test('gitiles names no commit', async () => {
    scenario.gitiles.addFault({ when: at('refs/heads'), effect: answering(200, ")]}'\n{}") });
    await isRefused(/no commit/);
  });

  test('it has fewer users than it should', async () => {
    await isRefused(/too few users \(found \d+, allowed at least 5000/, { DATA_YAML_MIN_USERS: '5000' });
  });

  test('one answer that is cut short is read again', async () => {
    scenario.gitiles.addFault({ when: at('data.yaml'), nth: 1, effect: { kind: 'truncate' } });
    expect((await scenario.run({ dryRun: true })).report.outcome).toBe('planned');
  });
});

describe('GrowthBook: the run ends with no plan and no write where', () => {
  test.each<[string, string, FaultEffect, RegExp]>([
    [
      'the key is refused',
      '/members',
      answering(401, { message: 'Invalid API key' }),
      /401.*Invalid API key/,
    ],
    ['the key may not manage the team', '/members', answering(403, { message: 'You do not' }), /403/],
    ['a row is malformed', '/members', answering(200, { members: [{ id: 1 }] }), /another shape/],
    ['the answer is no JSON', '/members', answering(200, 'hello'), /not JSON/],
    ['teams can’t be read', '/teams', answering(418, { message: 'no' }), /418/],
    ['a redirect comes', '/members', answering(302, '', { location: 'http://127.0.0.1:1/' }), /found 302/],
  ])('%s', async (_, part, effect, because) => {
    scenario.growthbook.addFault({ when: at(part), effect });
    await isRefused(because);
  });

  test('the project is unknown, or a name', async () => {
    await isRefused(/Could not find project/, { GROWTHBOOK_PROJECT: 'Experiments' });
  });

  test('the project’s answer is about another one', async () => {
    const other = answering(200, { project: { id: 'prj_other' } });
    scenario.growthbook.addFault({ when: at('/projects/'), effect: other });
    await isRefused(/no project id \(found prj_other/);
  });

  test('the organisation has no members', async () => {
    scenario.growthbook.state.members = [];
    await isRefused(/no members/);
  });

  test('it stays away: five repeats with growing pauses, and the other sources are still reported', async () => {
    scenario.growthbook.addFault({ when: at('/teams'), effect: answering(503, { message: 'busy' }) });
    await isRefused(/teams.*503/);
    expect(scenario.growthbook.requests.filter(at('/teams'))).toHaveLength(6);
    const { report } = await scenario.run({ dryRun: true });
    expect(report.sources.map(({ name }) => name)).toEqual(['ldap', 'posix']);
  });

  test('teams answer 404 on old versions: that means none, where no member is in one', async () => {
    for (const row of scenario.growthbook.state.members) Object.assign(row, { teams: [] });
    scenario.growthbook.addFault({
      when: at('/teams'),
      effect: answering(404, { message: 'Unknown API endpoint' }),
    });
    expect((await scenario.run({ dryRun: true })).report.outcome).toBe('planned');
  });
});

describe('a member list that disagrees with itself', () => {
  const page = (total: number) =>
    answering(200, {
      members: [{ id: 'u_1', email: 'a@example.org', globalRole: 'noaccess', managedbyIdp: false }],
      total,
      hasMore: false,
      nextOffset: null,
    });

  test('is read once more from the start', async () => {
    scenario.growthbook.addFault({ when: at('/members'), nth: 1, effect: page(7) });
    expect((await scenario.run({ dryRun: true })).report.outcome).toBe('planned');
  });

  test('is read once more where the total changes between two pages', async () => {
    const rows = ['u_1', 'u_2'].map((id) => ({
      id,
      email: `${id}@example.org`,
      globalRole: 'noaccess',
      managedbyIdp: false,
    }));
    const pageOf = (index: number, total: number) =>
      answering(200, {
        members: [rows[index]],
        total,
        hasMore: index === 0,
        nextOffset: index === 0 ? 1 : null,
      });
    scenario.growthbook.addFault({ when: at('/members'), nth: 1, effect: pageOf(0, 3) });
    scenario.growthbook.addFault({ when: at('/members'), nth: 2, effect: pageOf(1, 2) });
    expect((await scenario.run({ dryRun: true })).report.counts.unchanged).toBe(6);
    expect(scenario.growthbook.requests.filter(at('/members'))).toHaveLength(3);
  });

  test('twice is refused', async () => {
    scenario.growthbook.addFault({ when: at('/members'), effect: page(7) });
    await isRefused(/read twice.*found 1 members, total 7/);
    expect(scenario.growthbook.requests.filter(at('/members'))).toHaveLength(2);
  });
});

test('all sources that failed are named together', async () => {
  scenario.growthbook.addFault({ when: at('/teams'), effect: answering(418, { message: 'no' }) });
  scenario.gitiles.addFault({ when: at('data.yaml'), effect: answering(404, 'NOT_FOUND') });
  await isRefused(/source posix: .*source growthbook: /);
});
