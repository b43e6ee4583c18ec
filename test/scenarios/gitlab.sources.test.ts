import { describe, expect } from 'vitest';
import {
  CONDUIT_TOKEN,
  GERRIT_PASSWORD,
  GITLAB_TOKEN,
  type GitlabContent,
  linked,
  pending,
} from '../sandbox/gitlab/sandbox.ts';
import { waitingUser } from '../sandbox/gitlab/users.ts';
import { groupEntry, personDn, personEntry } from '../sandbox/ldap/people.ts';
import type { Answer, FaultEffect, Recorded } from '../sandbox/server.ts';
import { openScenario, type Scenario } from './gitlab.ts';
import { test } from './harness.ts';

const answer = (status: number, body: Answer['body'], headers: Answer['headers'] = {}): FaultEffect => ({
  kind: 'answer',
  answer: { status, body, headers },
});
const always = (effect: FaultEffect) => ({ when: () => true, effect });
const isList = ({ method, path }: Recorded) => method === 'GET' && path === '/api/v4/users';
const conduit = (error_code: string, error_info: string) =>
  answer(200, { result: null, error_code, error_info });

/** One for each rule, and one whom nobody trusts. */
const content: GitlabContent = {
  users: [
    pending(1, 'staff'),
    pending(2, 'tools'),
    pending(3, 'phab'),
    pending(4, 'review'),
    pending(5, 'new'),
  ],
  known: ['staff', 'tools', 'phab', 'review', 'new'],
  groups: { wmf: ['staff'], 'project-tools': ['tools'] },
  phabricator: ['phab'],
  gerrit: ['review'],
};

const decisions = async (
  scenario: Scenario,
  environment: Readonly<Record<string, string | undefined>> = {},
) => {
  const from = scenario.lines.length;
  const { report } = await scenario.run({ dryRun: true }, environment);
  const lines = scenario.lines.slice(from).filter(({ event }) => event === 'decision');
  const kinds = lines.map(({ label, kind, rule }) => `${label} ${kind}${rule === null ? '' : ` ${rule}`}`);
  return { report, kinds, lines, outcome: report.outcome };
};

/** The run fails without an approval. */
async function fails(scenario: Scenario, message: string): Promise<void> {
  const { report } = await scenario.run();
  expect([report.outcome, report.exitCode]).toEqual(['source-failed', 3]);
  expect(report.error).toContain(message);
  expect([scenario.approvalsSent(), scenario.editsSent()]).toEqual([[], 0]);
  expect(report.planHash).toBeNull();
}

describe('each rule', () => {
  test('approves who is trusted by it, in order, and tells every rule that was tried', async () => {
    const scenario = await openScenario(content);
    const { report } = await scenario.run();
    const changes = report.changes.map(({ label, rule, tried }) => [
      label,
      rule,
      tried?.map(({ answer }) => answer).join(' '),
    ]);
    expect(changes).toEqual([
      ['staff', 1, 'yes'],
      ['tools', 2, 'no yes'],
      ['phab', 3, 'no no yes'],
      ['review', 4, 'no no no yes'],
    ]);
    const skipped = report.notes.filter(({ kind }) => kind === 'skipped');
    expect(skipped).toMatchObject([
      { kind: 'skipped', account: '5', label: 'new', because: 'no rule trusts this account' },
    ]);
    expect(skipped[0]?.tried?.map(({ answer }) => answer)).toEqual(['no', 'no', 'no', 'no']);
    expect(report.counts).toEqual({ approve: 4, skipped: 1, undecided: 0, unchanged: 0 });
    expect(
      report.changes.every(({ from, to }) => from === 'blocked_pending_approval' && to === 'active'),
    ).toBe(true);
    expect(
      scenario
        .auditPage()
        ?.split('\n')
        .slice(1)
        .map((line) => line.replace(/^.*approved\. /, '')),
    ).toEqual([
      '(Trusted-Contributors in Gerrit)',
      '(Trusted-Contributors in Phabricator)',
      '(Toolforge)',
      '(organisation)',
    ]);
  });

  test('of the optional ones is asked only about accounts that no earlier rule decided', async () => {
    const scenario = await openScenario(content);
    await scenario.run();
    const asked = scenario.phabricator.requests.map(({ path, body }) => [
      path,
      new URLSearchParams(body).get('params'),
    ]);
    expect(asked.map(([path]) => path)).toEqual([
      '/api/user.whoami',
      '/api/user.ldapquery',
      '/api/project.search',
    ]);
    expect(JSON.parse(asked[1]?.[1] ?? '').ldapnames).toEqual(['phab', 'review', 'new']);
    expect(scenario.gerrit.requests.map(({ path }) => path)).toEqual([
      '/r/a/groups/Trusted-Contributors/members/',
    ]);
  });

  test('of the optional ones is not asked where LDAP decides everything', async () => {
    const scenario = await openScenario({ ...content, users: content.users.slice(0, 2) });
    const { report } = await scenario.run();
    expect([report.outcome, scenario.phabricator.requests, scenario.gerrit.requests]).toEqual([
      'applied',
      [],
      [],
    ]);
    expect(report.sources.map(({ name }) => name)).toEqual(['gitlab', 'ldap']);
  });

  test('4 is not asked where Phabricator decides the rest', async () => {
    const scenario = await openScenario({ ...content, users: content.users.slice(0, 3) });
    const { report } = await scenario.run();
    expect([report.counts.approve, scenario.phabricator.requests.length, scenario.gerrit.requests]).toEqual([
      3,
      3,
      [],
    ]);
  });

  test('of the optional ones is said to be off without credentials', async () => {
    const scenario = await openScenario(content);
    const off = { PHABRICATOR_USER: undefined, PHABRICATOR_TOKEN: undefined, GERRIT_PASSWORD: undefined };
    const { report, kinds, lines, outcome } = await decisions(scenario, off);
    expect({ kinds, outcome }).toEqual({
      kinds: ['staff approve 1', 'tools approve 2', 'phab skipped', 'review skipped', 'new skipped'],
      outcome: 'planned',
    });
    expect(report.sources.filter(({ version }) => version === 'off').map(({ name }) => name)).toEqual([
      'gerrit',
      'phabricator',
    ]);
    expect(report.notes.filter(({ kind }) => kind === 'off').map(({ label }) => label)).toEqual([
      'phabricator',
      'gerrit',
    ]);
    expect(lines[4]?.tried).toEqual([
      { rule: 1, answer: 'no' },
      { rule: 2, answer: 'no' },
      { rule: 3, answer: 'off' },
      { rule: 4, answer: 'off' },
    ]);
    expect([scenario.phabricator.requests, scenario.gerrit.requests]).toEqual([[], []]);
  });

  test('is decided by configuration: group names without regard to case', async () => {
    const scenario = await openScenario(content);
    const { kinds } = await decisions(scenario, { TRUSTED_LDAP_GROUPS: 'OPS', TOOLFORGE_LDAP_GROUP: 'WMF' });
    expect(kinds.slice(0, 2)).toEqual(['staff approve 2', 'tools skipped']);
  });
});

describe('who waits', () => {
  test('is nobody who is blocked, banned, deactivated, a bot or internal', async () => {
    const scenario = await openScenario({
      users: [
        pending(1, 'blocked', { state: 'blocked' }),
        pending(2, 'banned', { state: 'banned' }),
        pending(3, 'gone', { state: 'deactivated' }),
        pending(4, 'bot', { userType: 'project_bot' }),
        pending(5, 'ghost', { userType: 'ghost' }),
        pending(6, 'active', { state: 'active' }),
      ],
    });
    const { report } = await scenario.run();
    expect([report.outcome, report.calls]).toEqual(['unchanged', { gitlab: { GET: 1 } }]);
  });

  test('is no bot even where the server does not know the filter', async () => {
    const scenario = await openScenario({ users: [pending(1, 'ann')], groups: { wmf: ['ann'] } });
    const bot = { id: 2, username: 'bot', state: 'blocked_pending_approval', bot: true, identities: [] };
    const ann = {
      ...bot,
      id: 1,
      username: 'ann',
      bot: false,
      identities: [{ provider: 'openid_connect', extern_uid: 'ann' }],
    };
    scenario.gitlab.addFault({ when: isList, effect: answer(200, [bot, ann, ann]) });
    const { kinds } = await decisions(scenario);
    expect(kinds).toEqual(['ann approve 1']);
  });

  test('is asked for by keyset pages, without the filter that leaves the waiting out', async () => {
    const scenario = await openScenario(content);
    await decisions(scenario);
    const [list] = scenario.gitlab.requests;
    expect(Object.fromEntries(list?.query ?? [])).toEqual({
      exclude_active: 'true',
      humans: 'true',
      pagination: 'keyset',
      per_page: '100',
      order_by: 'id',
      sort: 'asc',
    });
  });
});

test('GitLab’s Link may name the configured host: every page is asked for at our own address', async () => {
  const users = Array.from({ length: 250 }, (_, n) => pending(n + 1, `p${n}`));
  const scenario = await openScenario({ users, gitlab: { externalHost: 'gitlab.example.org:8443' } });
  const { kinds } = await decisions(scenario);
  expect([kinds.length, scenario.gitlab.requests.length]).toEqual([250, 3]);
});

test('GitLab’s refusal for want of administrator rights names the administrator and both scopes', async () => {
  const tokens = { 'glpat-without-admin-mode': { admin: true, scopes: ['api'] } } as const;
  const scenario = await openScenario({ ...content, gitlab: { adminMode: true, tokens } });
  const { report } = await scenario.run({}, { GITLAB_ACCESS_TOKEN: 'glpat-without-admin-mode' });
  expect(report.outcome).toBe('source-failed');
  expect(report.error).toContain(
    'GITLAB_ACCESS_TOKEN has to be an administrator’s, with the scope api and, where Admin Mode is on, admin_mode',
  );
});

describe('GitLab fails the run', () => {
  const row = { id: 1, username: 'ann', state: 'blocked_pending_approval' };
  const page = [{ ...row, identities: [] }];
  const to = (link: string) => answer(200, page, { Link: `<${link}>; rel="next"` });
  const cases: readonly (readonly [string, FaultEffect, string])[] = [
    ['with 401', answer(401, { message: '401 Unauthorized' }), '401 Unauthorized'],
    [
      'with 403 for want of a scope',
      answer(403, { error: 'insufficient_scope', error_description: 'More.' }),
      'insufficient_scope: More.',
    ],
    ['with 400', answer(400, { message: { sort: ['is bad'] } }), '{"sort":["is bad"]}'],
    ['with 302', answer(302, '', { Location: 'https://elsewhere.example/' }), '302'],
    ['with 500 that stays', answer(500, 'sorry'), 'sorry'],
    ['without identities, the token being nobody’s administrator', answer(200, [row]), 'administrator'],
    ['with a row without a state', answer(200, [{ id: 1, username: 'ann', identities: [] }]), 'state'],
    ['with HTML', answer(200, '<html>'), 'not JSON'],
    ['with an object', answer(200, { users: [] }), 'another shape'],
    ['with no answer', { kind: 'drop' }, 'no answer'],
    ['cut off', { kind: 'truncate' }, 'no answer'],
    [
      'with a next page of another host: its own page is asked for',
      to('https://elsewhere.example/api/v4/users?cursor=x'),
      'leads back to itself',
    ],
    ['with a next page that is no list', to('/api/v4/projects?cursor=x'), '/api/v4/projects'],
    ['with a page that leads to itself', to('/api/v4/users?cursor=x'), 'leads back to itself'],
  ];
  test.each(cases)('%s', async (_, effect, message) => {
    const scenario = await openScenario(content);
    scenario.gitlab.addFault({ when: isList, effect });
    await fails(scenario, message);
  });

  test('on a later page', async () => {
    const scenario = await openScenario({
      users: Array.from({ length: 101 }, (_, n) => pending(n + 1, `p${n}`)),
    });
    scenario.gitlab.addFault({
      when: ({ query }) => query.has('cursor'),
      effect: answer(400, { error: 'cursor is invalid' }),
    });
    await fails(scenario, 'cursor is invalid');
  });

  test('but not with a 429 that passes', async () => {
    const scenario = await openScenario(content);
    scenario.gitlab.addFault({
      when: isList,
      nth: 1,
      effect: answer(429, 'Retry later', { 'Retry-After': '9' }),
    });
    const { outcome } = await decisions(scenario);
    expect({ outcome, slept: scenario.clock.slept }).toEqual({ outcome: 'planned', slept: [9000] });
  });
});

describe('a Gerrit group whose members cannot be seen', () => {
  test.each([
    ['that shows nobody', []],
    ['that shows the caller alone', [99]],
  ])('%s is a note and a warning, and the run is a success', async (_, members) => {
    const scenario = await openScenario({ users: [pending(1, 'new')], known: ['new'], gerrit: ['review'] });
    const [group] = scenario.gerrit.state.groups;
    if (!group) throw new Error('no group');
    scenario.gerrit.state.accounts.push({ id: 99, username: 'glaab', name: 'g', email: 'g@example.org' });
    group.members = members;
    if (members.length > 0) {
      group.members.push(1);
      group.visibleToAll = false;
    }
    const { report } = await scenario.run();
    expect([report.outcome, report.exitCode]).toEqual(['unchanged', 0]);
    const because = expect.stringContaining('cannot see who is in it');
    const note = { kind: 'unreadable-group', account: null, label: 'Trusted-Contributors', because };
    expect(report.notes).toContainEqual(note);
    const line = scenario.lines.find(({ event }) => event === 'source.unreadable');
    expect(line).toMatchObject({ severity: 'WARNING', source: 'gerrit', group: 'Trusted-Contributors' });
  });

  test('is none where others are shown, be they inactive', async () => {
    const scenario = await openScenario({ users: [pending(1, 'new')], known: ['new'], gerrit: ['review'] });
    const [account] = scenario.gerrit.state.accounts;
    if (account) account.inactive = true;
    const { report } = await scenario.run();
    expect(report.notes.filter(({ kind }) => kind === 'unreadable-group')).toEqual([]);
  });
});

describe('LDAP fails the run', () => {
  test('where a configured group does not exist', async () => {
    const scenario = await openScenario(content);
    const { report } = await scenario.run(
      {},
      { TRUSTED_LDAP_GROUPS: 'wmf, gone', TOOLFORGE_LDAP_GROUP: 'absent' },
    );
    expect([report.outcome, scenario.approvalsSent()]).toEqual(['source-failed', []]);
    expect(report.error).toContain('gone, absent');
  });

  test('if a group is elsewhere than directly under the base', async () => {
    const scenario = await openScenario({
      ...content,
      people: [
        { ...groupEntry('deep', [personDn('new')]), dn: 'cn=deep,cn=wmf,ou=groups,dc=wikimedia,dc=org' },
      ],
    });
    const { report } = await scenario.run({}, { TRUSTED_LDAP_GROUPS: 'deep' });
    expect([report.outcome, scenario.approvalsSent()]).toEqual(['source-failed', []]);
  });

  test('where a search fails', async () => {
    const scenario = await openScenario(content);
    scenario.ldap.faults = { searchResult: { code: 51, text: 'busy' } };
    await fails(scenario, 'ldap');
  });

  test('where nobody answers', async () => {
    const scenario = await openScenario(content);
    await scenario.ldap.close();
    await fails(scenario, 'ldap');
  });

  test('but not where a configured group is empty', async () => {
    const scenario = await openScenario({ ...content, groups: {} });
    const { kinds } = await decisions(scenario);
    expect(kinds.slice(0, 2)).toEqual(['staff skipped', 'tools skipped']);
  });
});

describe('a source that need not be there and fails', () => {
  const phabricator: readonly (readonly [string, FaultEffect, string])[] = [
    ['an error inside a 200', conduit('ERR-CONDUIT-CORE', 'Out of cheese.'), 'Out of cheese.'],
    [
      'a token that is refused',
      conduit('ERR-INVALID-AUTH', `API token "${CONDUIT_TOKEN}" is not valid.`),
      'ERR-INVALID-AUTH',
    ],
    ['503', answer(503, 'down'), '503'],
    ['HTML', answer(200, '<html>'), 'not JSON'],
    ['no answer', { kind: 'drop' }, 'no answer'],
    ['an answer without an error code', answer(200, { result: { userName: 'glaab' } }), 'error_code'],
  ];
  test.each(phabricator)(
    'Phabricator with %s: whom others trust is approved, the rest undecided',
    async (_, effect, message) => {
      const scenario = await openScenario(content);
      scenario.phabricator.addFault(always(effect));
      const { report } = await scenario.run();
      expect([report.outcome, report.exitCode]).toEqual(['source-failed', 3]);
      expect(report.error).toContain(message);
      expect(scenario.approvalsSent()).toEqual([1, 2, 4]);
      const undecided = report.notes.filter(({ kind }) => kind === 'undecided');
      expect(undecided.map(({ label }) => label)).toEqual(['phab', 'new']);
      expect(undecided[0]?.tried).toContainEqual({ rule: 3, answer: 'failed' });
      expect(scenario.editsSent()).toBe(1);
      const output = JSON.stringify([report, scenario.lines]);
      for (const secret of [CONDUIT_TOKEN, GERRIT_PASSWORD, GITLAB_TOKEN])
        expect(output).not.toContain(secret);
    },
  );

  const gerrit: readonly (readonly [string, FaultEffect, string])[] = [
    ['401', answer(401, 'Unauthorized'), 'GERRIT_USER or GERRIT_PASSWORD'],
    ['404', answer(404, 'Not found: Trusted-Contributors'), 'can’t be found'],
    ['a page without the prefix', answer(200, '[]'), "no )]}'"],
    ['a member without a number', answer(200, `)]}'\n[{"username":"new"}]`), '_account_id'],
    ['503', answer(503, 'down'), '503'],
    ['no answer', { kind: 'drop' }, 'no answer'],
  ];
  test.each(gerrit)(
    'Gerrit with %s: whom others trust is approved, the rest undecided',
    async (_, effect, message) => {
      const scenario = await openScenario(content);
      scenario.gerrit.addFault(always(effect));
      const { report } = await scenario.run();
      expect([report.outcome, report.exitCode]).toEqual(['source-failed', 3]);
      expect(report.error).toContain(message);
      expect(scenario.approvalsSent()).toEqual([1, 2, 3]);
      expect(report.counts).toEqual({ approve: 3, skipped: 0, undecided: 2, unchanged: 0 });
    },
  );

  test('both at once: both are reported', async () => {
    const scenario = await openScenario(content);
    scenario.phabricator.addFault(always(answer(403, 'no')));
    scenario.gerrit.addFault(always(answer(403, 'no')));
    const { report } = await scenario.run();
    expect(report.error).toMatch(/source phabricator: .*; source gerrit: /);
    expect(scenario.approvalsSent()).toEqual([1, 2]);
  });

  test('by taking too long holds up nobody whom others trust', async () => {
    const scenario = await openScenario(content);
    scenario.phabricator.addFault(always(answer(429, 'Retry later', { 'Retry-After': '100' })));
    const { report } = await scenario.run();
    expect([report.outcome, scenario.approvalsSent()]).toEqual(['source-failed', [1, 2, 4]]);
    expect(report.error).toContain('phabricator: no whole answer within');
  });

  test('and was not asked fails no run', async () => {
    const scenario = await openScenario({ ...content, users: content.users.slice(0, 2) });
    scenario.phabricator.addFault(always(answer(503, 'down')));
    scenario.gerrit.addFault(always(answer(503, 'down')));
    expect((await scenario.run()).report.outcome).toBe('applied');
  });
});

describe('names that mean something elsewhere', () => {
  const HOSTILE = [
    '*',
    '(',
    ')',
    'back\\slash',
    'nul\0nul',
    'Doe, Jane',
    'x'.repeat(300),
    'Ωmega',
    '山田太郎',
    '*)(uid=*',
    '#04',
    ' lead',
  ];

  test('lead to nobody but their own bearer', async () => {
    const people = HOSTILE.map((cn, n) => personEntry(`odd${n}`, { cn }));
    const users = [
      ...HOSTILE.map((name, n) => waitingUser({ id: n + 1, username: `odd${n}`, name })),
      waitingUser({ id: 99, username: 'plain', name: 'pl*' }),
    ];
    const scenario = await openScenario({
      users,
      people: people,
      known: ['plain'],
      groups: { wmf: ['odd0'] },
    });
    const { lines } = await decisions(scenario);
    const decided = lines.map(
      ({ label, kind, because }) => `${label} ${kind} ${String(because).split(':')[0]}`,
    );
    expect(decided[0]).toBe('odd0 approve odd0 is in LDAP wmf');
    expect(decided.slice(1, -2)).toEqual(
      HOSTILE.slice(1, -1).map((_, n) => `odd${n + 1} skipped no rule trusts this account`),
    );
    expect(decided.at(-1)).toBe('plain skipped unknown person');
  });

  test('reach Conduit as they are', async () => {
    const users = HOSTILE.map((name, n) => waitingUser({ id: n + 1, username: `odd${n}`, name }));
    const people = HOSTILE.map((cn, n) => personEntry(`odd${n}`, { cn }));
    const scenario = await openScenario({
      users,
      people,
      accounts: [linked('Doe, Jane', { userName: 'jane' })],
    });
    await decisions(scenario);
    const body = scenario.phabricator.requests[1]?.body;
    const { ldapnames } = JSON.parse(new URLSearchParams(body).get('params') ?? '');
    expect(ldapnames).toEqual(expect.arrayContaining(['*', 'nul\0nul', 'Doe, Jane', '山田太郎']));
  });
});

test('a debug line tells each question about each account and its answer', async () => {
  const scenario = await openScenario(content);
  await decisions(scenario);
  const questions = scenario.lines.filter(({ event }) => event === 'question');
  expect(questions.map(({ label, rule }) => `${label} ${rule}`)).toEqual([
    ...['staff null', 'staff 1', 'tools null', 'tools 1', 'tools 2'],
    ...['phab null', 'phab 1', 'phab 2', 'phab 3'],
    ...['review null', 'review 1', 'review 2', 'review 3', 'review 4'],
    ...['new null', 'new 1', 'new 2', 'new 3', 'new 4'],
  ]);
  expect(questions[1]).toMatchObject({
    severity: 'DEBUG',
    question: 'is staff in LDAP wmf or wmde or nda or ops?',
    answer: 'yes',
    because: 'staff is in LDAP wmf',
  });
});

test('without debug no question is logged', async () => {
  const scenario = await openScenario(content);
  await decisions(scenario, { LOG_LEVEL: 'info' });
  expect(scenario.lines.some(({ event }) => event === 'question')).toBe(false);
});
