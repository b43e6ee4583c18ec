import { describe, expect, test } from 'vitest';
import { waitingUser } from '../sandbox/gitlab/users.ts';
import {
  type Cast,
  CONDUIT_TOKEN,
  GERRIT_PASSWORD,
  GITLAB_TOKEN,
  linked,
  pending,
} from '../sandbox/gitlab/world.ts';
import { groupEntry, personDn, personEntry } from '../sandbox/ldap/people.ts';
import type { Answer, FaultEffect, Recorded } from '../sandbox/server.ts';
import { onStage, type Stage } from './gitlab.ts';

const answer = (status: number, body: Answer['body'], headers: Answer['headers'] = {}): FaultEffect => ({
  kind: 'answer',
  answer: { status, body, headers },
});
const always = (effect: FaultEffect) => ({ when: () => true, effect });
const isList = ({ method, path }: Recorded) => method === 'GET' && path === '/api/v4/users';
const conduit = (error_code: string, error_info: string) =>
  answer(200, { result: null, error_code, error_info });

/** One for each rule, and one whom nobody trusts. */
const cast: Cast = {
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

const decisions = async (stage: Stage, environment: Readonly<Record<string, string | undefined>> = {}) => {
  const from = stage.lines.length;
  const { report } = await stage.run({ dryRun: true }, environment);
  const lines = stage.lines.slice(from).filter(({ event }) => event === 'decision');
  const kinds = lines.map(({ label, kind, rule }) => `${label} ${kind}${rule === null ? '' : ` ${rule}`}`);
  return { report, kinds, lines, outcome: report.outcome };
};

/** The run fails without an approval. */
async function fails(stage: Stage, message: string): Promise<void> {
  const { report } = await stage.run();
  expect([report.outcome, report.exitCode]).toEqual(['source-failed', 3]);
  expect(report.error).toContain(message);
  expect([stage.approvalsSent(), stage.editsSent()]).toEqual([[], 0]);
  expect(report.planHash).toBeNull();
}

describe('each rule', () => {
  test('approves who is trusted by it, in order, and tells every rule that was tried', () =>
    onStage(cast, async (stage) => {
      const { report } = await stage.run();
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
        stage
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
    }));

  test('of the optional ones is asked only about accounts that no earlier rule decided', () =>
    onStage(cast, async (stage) => {
      await stage.run();
      const asked = stage.phabricator.requests.map(({ path, body }) => [
        path,
        new URLSearchParams(body).get('params'),
      ]);
      expect(asked.map(([path]) => path)).toEqual([
        '/api/user.whoami',
        '/api/user.ldapquery',
        '/api/project.search',
      ]);
      expect(JSON.parse(asked[1]?.[1] ?? '').ldapnames).toEqual(['phab', 'review', 'new']);
      expect(stage.gerrit.requests.map(({ path }) => path)).toEqual([
        '/r/a/groups/Trusted-Contributors/members/',
      ]);
    }));

  test('of the optional ones is not asked where LDAP decides everything', () =>
    onStage({ ...cast, users: cast.users.slice(0, 2) }, async (stage) => {
      const { report } = await stage.run();
      expect([report.outcome, stage.phabricator.requests, stage.gerrit.requests]).toEqual([
        'applied',
        [],
        [],
      ]);
      expect(report.sources.map(({ name }) => name)).toEqual(['gitlab', 'ldap']);
    }));

  test('4 is not asked where Phabricator decides the rest', () =>
    onStage({ ...cast, users: cast.users.slice(0, 3) }, async (stage) => {
      const { report } = await stage.run();
      expect([report.counts.approve, stage.phabricator.requests.length, stage.gerrit.requests]).toEqual([
        3,
        3,
        [],
      ]);
    }));

  test('of the optional ones is said to be off without credentials', () =>
    onStage(cast, async (stage) => {
      const off = { PHABRICATOR_USER: undefined, PHABRICATOR_TOKEN: undefined, GERRIT_PASSWORD: undefined };
      const { report, kinds, lines, outcome } = await decisions(stage, off);
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
      expect([stage.phabricator.requests, stage.gerrit.requests]).toEqual([[], []]);
    }));

  test('is decided by configuration: group names without regard to case', () =>
    onStage(cast, async (stage) => {
      const { kinds } = await decisions(stage, { TRUSTED_LDAP_GROUPS: 'OPS', TOOLFORGE_LDAP_GROUP: 'WMF' });
      expect(kinds.slice(0, 2)).toEqual(['staff approve 2', 'tools skipped']);
    }));
});

describe('who waits', () => {
  test('is nobody who is blocked, banned, deactivated, a bot or internal', () =>
    onStage(
      {
        users: [
          pending(1, 'blocked', { state: 'blocked' }),
          pending(2, 'banned', { state: 'banned' }),
          pending(3, 'gone', { state: 'deactivated' }),
          pending(4, 'bot', { userType: 'project_bot' }),
          pending(5, 'ghost', { userType: 'ghost' }),
          pending(6, 'active', { state: 'active' }),
        ],
      },
      async (stage) => {
        const { report } = await stage.run();
        expect([report.outcome, report.calls]).toEqual(['unchanged', { gitlab: { GET: 1 } }]);
      },
    ));

  test('is no bot even where the server does not know the filter', () =>
    onStage({ users: [pending(1, 'ann')], groups: { wmf: ['ann'] } }, async (stage) => {
      const bot = { id: 2, username: 'bot', state: 'blocked_pending_approval', bot: true, identities: [] };
      const ann = {
        ...bot,
        id: 1,
        username: 'ann',
        bot: false,
        identities: [{ provider: 'openid_connect', extern_uid: 'ann' }],
      };
      stage.gitlab.addFault({ when: isList, effect: answer(200, [bot, ann, ann]) });
      const { kinds } = await decisions(stage);
      expect(kinds).toEqual(['ann approve 1']);
    }));

  test('is asked for by keyset pages, without the filter that leaves the waiting out', () =>
    onStage(cast, async (stage) => {
      await decisions(stage);
      const [list] = stage.gitlab.requests;
      expect(Object.fromEntries(list?.query ?? [])).toEqual({
        exclude_active: 'true',
        humans: 'true',
        pagination: 'keyset',
        per_page: '100',
        order_by: 'id',
        sort: 'asc',
      });
    }));
});

test('GitLab’s Link may name the configured host: every page is asked for at our own address', () => {
  const users = Array.from({ length: 250 }, (_, n) => pending(n + 1, `p${n}`));
  return onStage({ users, gitlab: { externalHost: 'gitlab.example.org:8443' } }, async (stage) => {
    const { kinds } = await decisions(stage);
    expect([kinds.length, stage.gitlab.requests.length]).toEqual([250, 3]);
  });
});

test('GitLab’s refusal for want of administrator rights names the administrator and both scopes', () => {
  const tokens = { 'glpat-without-admin-mode': { admin: true, scopes: ['api'] } } as const;
  return onStage({ ...cast, gitlab: { adminMode: true, tokens } }, async (stage) => {
    const { report } = await stage.run({}, { GITLAB_ACCESS_TOKEN: 'glpat-without-admin-mode' });
    expect(report.outcome).toBe('source-failed');
    expect(report.error).toContain(
      'GITLAB_ACCESS_TOKEN has to be an administrator’s, with the scope api and, where Admin Mode is on, admin_mode',
    );
  });
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
  test.each(cases)('%s', (_, effect, message) =>
    onStage(cast, async (stage) => {
      stage.gitlab.addFault({ when: isList, effect });
      await fails(stage, message);
    }),
  );

  test('on a later page', () =>
    onStage({ users: Array.from({ length: 101 }, (_, n) => pending(n + 1, `p${n}`)) }, async (stage) => {
      stage.gitlab.addFault({
        when: ({ query }) => query.has('cursor'),
        effect: answer(400, { error: 'cursor is invalid' }),
      });
      await fails(stage, 'cursor is invalid');
    }));

  test('but not with a 429 that passes', () =>
    onStage(cast, async (stage) => {
      stage.gitlab.addFault({
        when: isList,
        nth: 1,
        effect: answer(429, 'Retry later', { 'Retry-After': '9' }),
      });
      const { outcome } = await decisions(stage);
      expect({ outcome, slept: stage.clock.slept }).toEqual({ outcome: 'planned', slept: [9000] });
    }));
});

describe('a Gerrit group whose members cannot be seen', () => {
  test.each([
    ['that shows nobody', []],
    ['that shows the caller alone', [99]],
  ])('%s is a note and a warning, and the run is a success', (_, members) =>
    onStage({ users: [pending(1, 'new')], known: ['new'], gerrit: ['review'] }, async (stage) => {
      const [group] = stage.gerrit.state.groups;
      if (!group) throw new Error('no group');
      stage.gerrit.state.accounts.push({ id: 99, username: 'glaab', name: 'g', email: 'g@example.org' });
      group.members = members;
      if (members.length > 0) {
        group.members.push(1);
        group.visibleToAll = false;
      }
      const { report } = await stage.run();
      expect([report.outcome, report.exitCode]).toEqual(['unchanged', 0]);
      const because = expect.stringContaining('cannot see who is in it');
      const note = { kind: 'unreadable-group', account: null, label: 'Trusted-Contributors', because };
      expect(report.notes).toContainEqual(note);
      const line = stage.lines.find(({ event }) => event === 'source.unreadable');
      expect(line).toMatchObject({ severity: 'WARNING', source: 'gerrit', group: 'Trusted-Contributors' });
    }),
  );

  test('is none where others are shown, be they inactive', () =>
    onStage({ users: [pending(1, 'new')], known: ['new'], gerrit: ['review'] }, async (stage) => {
      const [account] = stage.gerrit.state.accounts;
      if (account) account.inactive = true;
      const { report } = await stage.run();
      expect(report.notes.filter(({ kind }) => kind === 'unreadable-group')).toEqual([]);
    }));
});

describe('LDAP fails the run', () => {
  test('where a configured group does not exist', () =>
    onStage(cast, async (stage) => {
      const { report } = await stage.run(
        {},
        { TRUSTED_LDAP_GROUPS: 'wmf, gone', TOOLFORGE_LDAP_GROUP: 'absent' },
      );
      expect([report.outcome, stage.approvalsSent()]).toEqual(['source-failed', []]);
      expect(report.error).toContain('gone, absent');
    }));

  test('if a group is elsewhere than directly under the base', () =>
    onStage(
      {
        ...cast,
        people: [
          { ...groupEntry('deep', [personDn('new')]), dn: 'cn=deep,cn=wmf,ou=groups,dc=wikimedia,dc=org' },
        ],
      },
      async (stage) => {
        const { report } = await stage.run({}, { TRUSTED_LDAP_GROUPS: 'deep' });
        expect([report.outcome, stage.approvalsSent()]).toEqual(['source-failed', []]);
      },
    ));

  test('where a search fails', () =>
    onStage(cast, async (stage) => {
      stage.ldap.faults = { searchResult: { code: 51, text: 'busy' } };
      await fails(stage, 'ldap');
    }));

  test('where nobody answers', () =>
    onStage(cast, async (stage) => {
      await stage.ldap.close();
      await fails(stage, 'ldap');
    }));

  test('but not where a configured group is empty', () =>
    onStage({ ...cast, groups: {} }, async (stage) => {
      const { kinds } = await decisions(stage);
      expect(kinds.slice(0, 2)).toEqual(['staff skipped', 'tools skipped']);
    }));
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
    (_, effect, message) =>
      onStage(cast, async (stage) => {
        stage.phabricator.addFault(always(effect));
        const { report } = await stage.run();
        expect([report.outcome, report.exitCode]).toEqual(['source-failed', 3]);
        expect(report.error).toContain(message);
        expect(stage.approvalsSent()).toEqual([1, 2, 4]);
        const undecided = report.notes.filter(({ kind }) => kind === 'undecided');
        expect(undecided.map(({ label }) => label)).toEqual(['phab', 'new']);
        expect(undecided[0]?.tried).toContainEqual({ rule: 3, answer: 'failed' });
        expect(stage.editsSent()).toBe(1);
        const output = JSON.stringify([report, stage.lines]);
        for (const secret of [CONDUIT_TOKEN, GERRIT_PASSWORD, GITLAB_TOKEN])
          expect(output).not.toContain(secret);
      }),
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
    (_, effect, message) =>
      onStage(cast, async (stage) => {
        stage.gerrit.addFault(always(effect));
        const { report } = await stage.run();
        expect([report.outcome, report.exitCode]).toEqual(['source-failed', 3]);
        expect(report.error).toContain(message);
        expect(stage.approvalsSent()).toEqual([1, 2, 3]);
        expect(report.counts).toEqual({ approve: 3, skipped: 0, undecided: 2, unchanged: 0 });
      }),
  );

  test('both at once: both are reported', () =>
    onStage(cast, async (stage) => {
      stage.phabricator.addFault(always(answer(403, 'no')));
      stage.gerrit.addFault(always(answer(403, 'no')));
      const { report } = await stage.run();
      expect(report.error).toMatch(/source phabricator: .*; source gerrit: /);
      expect(stage.approvalsSent()).toEqual([1, 2]);
    }));

  test('by taking too long holds up nobody whom others trust', () =>
    onStage(cast, async (stage) => {
      stage.phabricator.addFault(always(answer(429, 'Retry later', { 'Retry-After': '100' })));
      const { report } = await stage.run();
      expect([report.outcome, stage.approvalsSent()]).toEqual(['source-failed', [1, 2, 4]]);
      expect(report.error).toContain('phabricator: no whole answer within');
    }));

  test('and was not asked fails no run', () =>
    onStage({ ...cast, users: cast.users.slice(0, 2) }, async (stage) => {
      stage.phabricator.addFault(always(answer(503, 'down')));
      stage.gerrit.addFault(always(answer(503, 'down')));
      expect((await stage.run()).report.outcome).toBe('applied');
    }));
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

  test('lead to nobody but their own bearer', () => {
    const people = HOSTILE.map((cn, n) => personEntry(`odd${n}`, { cn }));
    const users = [
      ...HOSTILE.map((name, n) => waitingUser({ id: n + 1, username: `odd${n}`, name })),
      waitingUser({ id: 99, username: 'plain', name: 'pl*' }),
    ];
    return onStage({ users, people: people, known: ['plain'], groups: { wmf: ['odd0'] } }, async (stage) => {
      const { lines } = await decisions(stage);
      const decided = lines.map(
        ({ label, kind, because }) => `${label} ${kind} ${String(because).split(':')[0]}`,
      );
      expect(decided[0]).toBe('odd0 approve odd0 is in LDAP wmf');
      expect(decided.slice(1, -2)).toEqual(
        HOSTILE.slice(1, -1).map((_, n) => `odd${n + 1} skipped no rule trusts this account`),
      );
      expect(decided.at(-1)).toBe('plain skipped unknown person');
    });
  });

  test('reach Conduit as they are', () => {
    const users = HOSTILE.map((name, n) => waitingUser({ id: n + 1, username: `odd${n}`, name }));
    const people = HOSTILE.map((cn, n) => personEntry(`odd${n}`, { cn }));
    return onStage(
      { users, people, accounts: [linked('Doe, Jane', { userName: 'jane' })] },
      async (stage) => {
        await decisions(stage);
        const body = stage.phabricator.requests[1]?.body;
        const { ldapnames } = JSON.parse(new URLSearchParams(body).get('params') ?? '');
        expect(ldapnames).toEqual(expect.arrayContaining(['*', 'nul\0nul', 'Doe, Jane', '山田太郎']));
      },
    );
  });
});

test('a debug line tells each question about each account and its answer', () =>
  onStage(cast, async (stage) => {
    await decisions(stage);
    const questions = stage.lines.filter(({ event }) => event === 'question');
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
  }));

test('without debug no question is logged', () =>
  onStage(cast, async (stage) => {
    await decisions(stage, { LOG_LEVEL: 'info' });
    expect(stage.lines.some(({ event }) => event === 'question')).toBe(false);
  }));
