import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type PosixQuery,
  posixGroups,
  readPosixGroups,
} from '../../../src/directories/posix-groups/data-yaml.ts';
import { SourceError } from '../../../src/platform/errors.ts';
import { testRun } from '../../fixtures.ts';
import { dataYaml } from '../../sandbox/growthbook/data-yaml.ts';
import { startGitiles } from '../../sandbox/growthbook/gitiles.ts';

type Query = Omit<PosixQuery, 'url'>;
const query = (over: Partial<Query> = {}): Query => ({
  minUsers: 0,
  groups: ['deployment'],
  mayBeEmpty: [],
  ...over,
});
const membersIn = (text: string, group = 'deployment', over: Partial<Query> = {}) =>
  [...(posixGroups(text, query({ groups: [group], ...over })).membersOf.get(group) ?? [])].toSorted();
/** A file with one group, in YAML, and these users. */
const file = (members: string, users: readonly string[] = ['ann', 'bob', 'cid'], more = '') =>
  [
    'groups:',
    `  deployment: {gid: 1, ${members}}`,
    'users:',
    ...users.map((name) => `  ${name}: {ensure: present}`),
    more,
    'ldap_only_users: {}',
    '',
  ].join('\n');

describe('who is in a group', () => {
  test.each([
    ['a list', 'members: [ann, bob]', ['ann', 'bob']],
    ['a nested list', 'members: [[ann, [bob, [cid]]]]', ['ann', 'bob', 'cid']],
    ['a name twice', 'members: [ann, [ann, ann]]', ['ann']],
    ['somebody who is missing under users', 'members: [ann, ghost]', ['ann']],
    ['a name that YAML 1.1 would take for a truth value, in quotes', "members: ['no', ann]", ['ann', 'no']],
    ['a name that looks like a number, in quotes', "members: ['007', ann]", ['007', 'ann']],
    ['a name of another object’s', 'members: [constructor, __proto__, ann]', ['ann']],
  ])('%s', (_, members, expected) => {
    expect(membersIn(file(members, ['ann', 'bob', 'cid', "'no'", "'007'"]))).toEqual(expected);
  });

  test('aliased lists are flattened, three deep, a whole list too', () => {
    const groups = { 'wmde-users': ['ann', 'bob'], 'web-ops': ['*wmde-users', 'cid'] };
    const text = dataYaml({ groups: { ...groups, deployment: ['*web-ops', 'dan'], same: '*deployment' } });
    expect(membersIn(text)).toEqual(['ann', 'bob', 'cid', 'dan']);
    expect(membersIn(text, 'same')).toEqual(['ann', 'bob', 'cid', 'dan']);
  });

  test('one anchor may be used hundreds of times', () => {
    const many = Array.from({ length: 300 }, (_, n) => `  g${n}: {members: [*all, x${n}]}`).join('\n');
    const text = `groups:\n  deployment: {members: &all [ann]}\n${many}\nusers: {ann: {}}\nldap_only_users: {}\n`;
    expect(membersIn(text, 'g299')).toEqual(['ann']);
  });

  test('a user whose ensure is absent is in no group, and is named', () => {
    const text = dataYaml({ groups: { deployment: ['ann', 'left'] }, absent: ['left'] });
    expect(membersIn(text)).toEqual(['ann']);
    expect(posixGroups(text, query()).absent.has('left')).toBe(true);
    expect(posixGroups(text, query()).absent.has('ann')).toBe(false);
  });

  test('a user without ensure is present', () => {
    expect(membersIn(file('members: [ann, dan]', ['ann'], '  dan: {}'))).toEqual(['ann', 'dan']);
  });

  test('system_members are not people', () => {
    expect(membersIn(file('members: [ann], system_members: [bob, keyholder]'))).toEqual(['ann']);
  });

  test('ldap_only_users are not users', () => {
    const text = dataYaml({ groups: { deployment: ['ann', 'only'] }, ldapOnly: { only: {} } });
    const { membersOf, dangling } = posixGroups(text, query());
    expect([...(membersOf.get('deployment') ?? [])]).toEqual(['ann']);
    expect(dangling).toEqual([{ group: 'deployment', name: 'only' }]);
  });

  test('expiry_date is not read, e-mail neither', () => {
    const users = { ann: { expiryDate: '2001-01-01', email: 'x@example.org' } };
    expect(membersIn(dataYaml({ groups: { deployment: ['ann'] }, users }))).toEqual(['ann']);
  });

  test('a member who is missing under users is dangling, not one who left', () => {
    const text = dataYaml({
      groups: { deployment: ['ann', 'left', 'ghost'] },
      absent: ['left'],
      users: { ghost: null },
    });
    expect(posixGroups(text, query()).dangling).toEqual([{ group: 'deployment', name: 'ghost' }]);
  });

  test('names are taken to the letter', () => {
    expect(membersIn(file('members: [ann, bob]', ['Ann', 'bob']))).toEqual(['bob']);
  });

  test('only the groups that were asked for are returned', () => {
    const text = dataYaml({ groups: { deployment: ['ann'], other: ['bob'] } });
    expect([...posixGroups(text, query()).membersOf.keys()]).toEqual(['deployment']);
  });
});

test('a key that is there twice where nothing is decided is returned with its line, and the rest is read', () => {
  const text = `${file('members: [ann]')}`.replace(
    'ldap_only_users: {}',
    'ldap_only_users:\n  x: {a: 1}\n  x: {a: 2}',
  );
  expect(posixGroups(text, query()).repeatedKeys).toEqual(['x (line 10)']);
});

test('a file is read into these facts, and no others', () => {
  const text = [
    'groups:',
    '  deployment: {gid: 1, members: [ann, left, ghost, ann]}',
    '  other: {members: [bob]}',
    '  unasked: {members: [Nobody]}',
    'users:',
    '  ann: {ensure: present, expiry_date: 2027-01-31}',
    '  bob: {expiry_date: "2026-02-01", expiry_contact: x}',
    '  cid: {expiry_date: never}',
    '  dan: {expiry_date: [2027-01-31]}',
    '  eve: {expiry_date: }',
    '  left: &left {"ensure": "absent"}',
    '  gone: *left',
    'ldap_only_users: {x: 1, x: 2}',
    '',
  ].join('\n');
  expect(posixGroups(text, query({ groups: ['deployment', 'other'] }))).toEqual({
    membersOf: new Map([
      ['deployment', new Set(['ann'])],
      ['other', new Set(['bob'])],
    ]),
    absent: new Set(['left', 'gone']),
    dangling: [{ group: 'deployment', name: 'ghost' }],
    sizeOf: new Map([
      ['deployment', 3],
      ['other', 1],
    ]),
    known: new Set(['ann', 'bob', 'cid', 'dan', 'eve', 'left', 'gone']),
    expiring: [
      { name: 'ann', on: '2027-01-31' },
      { name: 'bob', on: '2026-02-01' },
    ],
    repeatedKeys: ['x (line 13)'],
  });
});

describe('a refusal says what was found, and where', () => {
  const SHAPE = 'not of the shape it should have (found no mapping)';
  const FIVE = [4, 5, 6, 7, 8].map((line) => `line ${line}: the key k${line} is there twice`).join('; ');
  test.each([
    ['nothing at all', '', `data.yaml: line 1: the file: ${SHAPE}`],
    ['a list', '\n- a\n', `data.yaml: line 2: the file: ${SHAPE}`],
    ['no groups', 'users: {}\nldap_only_users: {}\n', `data.yaml: groups: ${SHAPE}`],
    ['groups that are a list', 'users: {}\ngroups: []\n', `data.yaml: line 2: groups: ${SHAPE}`],
    ['no users', 'groups: {}\nldap_only_users: {}\n', `data.yaml: users: ${SHAPE}`],
    ['a group that is a word', 'groups:\n  a: b\n', `data.yaml: line 2: groups.a: ${SHAPE}`],
    ['a user that is a list', 'groups: {}\nusers:\n  ann: []\n', `data.yaml: line 3: users.ann: ${SHAPE}`],
    [
      'an ensure that nobody knows',
      'groups: {}\nusers:\n  ann:\n    ensure: maybe\n',
      'data.yaml: line 4: users.ann.ensure: found something else, allowed: present or absent',
    ],
    [
      'an ensure that is a list',
      'groups: {}\nusers:\n  ann: {ensure: [present]}\n',
      'data.yaml: line 3: users.ann.ensure: found something else, allowed: present or absent',
    ],
    [
      'no last key',
      'groups: {}\nusers: {}\n',
      'data.yaml: ldap_only_users: no mapping (is the file cut off?)',
    ],
    [
      'a last key without a mapping',
      'groups: {}\nusers: {}\nldap_only_users:\n',
      'data.yaml: ldap_only_users: no mapping (is the file cut off?)',
    ],
    [
      'a group that is missing',
      'groups: {a: {}}\nusers: {}\nldap_only_users: {}\n',
      'data.yaml: a needed group is missing (deployment)',
    ],
    [
      'a group without members',
      'groups: {deployment: {members: []}}\nusers: {}\nldap_only_users: {}\n',
      'data.yaml: groups without members (found deployment)',
    ],
  ])('%s', (_, text, message) => {
    expect(() => posixGroups(text, query())).toThrow(new SourceError(message));
  });

  test('keys that are there twice, five at the most', () => {
    const twice = [4, 5, 6, 7, 8, 9].map((line) => `  u${line}: {k${line}: 1, k${line}: 2}`);
    const text = ['groups: {}', 'users:', '  ann: {}', ...twice, 'ldap_only_users: {}', ''].join('\n');
    expect(() => posixGroups(text, query())).toThrow(new SourceError(`data.yaml: ${FIVE} (allowed: once)`));
  });

  test('too few users', () => {
    expect(() => posixGroups(file('members: [ann]'), query({ minUsers: 4 }))).toThrow(
      new SourceError('data.yaml: too few users (found 3, allowed at least 4, DATA_YAML_MIN_USERS)'),
    );
  });
});

describe('a file is refused', () => {
  test.each([
    ['that does not parse', 'groups: [', /data\.yaml: does not parse/],
    ['that is empty', '', /data\.yaml/],
    ['that is a word', 'Not Found\n', /data\.yaml/],
    ['that is a list', '- a\n', /data\.yaml/],
    ['without groups', 'users: {}\nldap_only_users: {}\n', /groups/],
    ['without users', 'groups: {deployment: {members: []}}\nldap_only_users: {}\n', /users/],
    [
      'without its last key: cut off',
      'groups: {deployment: {members: [a]}}\nusers: {a: {}}\n',
      /ldap_only_users/,
    ],
    [
      'without a needed group',
      file('members: [ann]').replace('deployment', 'other'),
      /missing \(deployment\)/,
    ],
    ['with an alias of nothing', file('members: [*nobody]'), /does not parse/],
    ['with a top-level key twice', `${file('members: [ann]')}users: {}\n`, /the key users is there twice/],
    [
      'with a group twice',
      'groups: {deployment: {members: [ann]}, deployment: {members: [bob]}}\nusers: {ann: {}, bob: {}}\nldap_only_users: {}\n',
      /line 1: the key deployment is there twice/,
    ],
    ['with a user twice', file('members: [ann]', ['ann', 'ann']), /line 5: the key ann is there twice/],
    [
      'with a key twice in a user',
      file('members: [ann]', [], '  ann: {ensure: present, ensure: absent}'),
      /line 4: the key ensure is there twice/,
    ],
    [
      'with a key twice in a group',
      file('members: [ann], members: [bob]'),
      /line 2: the key members is there twice/,
    ],
    [
      'with two members that a comma should separate',
      file('members: [ann bob, cid]'),
      /line 2: members of deployment: no user name \(found "ann bob".*comma missing/,
    ],
    ['with a member in capitals', file('members: [Ann]'), /no user name \(found "Ann"/],
    ['with an address as a member', file('members: [ann@example.org]'), /no user name/],
    [
      'with a member that puppet takes for a truth value',
      file('members: [no, ann]'),
      /puppet does not read this as text \(found no/,
    ],
    [
      'with a member that puppet takes for a number',
      file('members: [007, ann]'),
      /puppet does not read this as text/,
    ],
    [
      'with a user of a tag',
      file('members: [ann]', ['ann', '!ruby/sym bob']),
      /a tag decides|does not parse/,
    ],
    ['with members that are a word', file('members: ann'), /no name/],
    ['with a member that is no name', file('members: [{a: b}]'), /no name/],
    ['with a member that is empty', file("members: ['']"), /no user name \(found ""/],
    [
      'with a list that contains itself',
      file('members: &self [ann, *self]'),
      /contain themselves|does not parse/,
    ],
    ['with an ensure that nobody knows', file('members: [ann]', [], '  ann: {ensure: maybe}'), /ensure/],
    ['with a user that is a word', file('members: [ann]', [], '  ann: here'), /users\.ann/],
  ])('%s', (_, text, message) => {
    const act = () => posixGroups(text, query());
    expect(act).toThrow(SourceError);
    expect(act).toThrow(message);
  });

  test.each([
    ['two names without a comma between them', '[ann bob, cid]', /"ann bob".*: is a comma missing\?/],
    ['two names without a comma, on two lines', '[ann\n      bob, cid]', /"ann bob".*: is a comma missing\?/],
    ['a capital', '[Ann]', /"Ann"/],
    ['a dash first', '[-ann]', /"-ann"/],
    ['an address', '[ann@example.org]', /"ann@example.org"/],
    ['a letter with an accent', '[zoë]', /"zoë"/],
    ['a space in quotes', '["ann "]', /"ann "/],
    ['a word of YAML', '[no]', /not read this as text \(found no/],
    ['a number', '[007]', /not read this as text \(found 007/],
    ['a list of lines with a mapping', '\n      - a: b', /found a mapping/],
  ])('where a member of a needed group is no POSIX name, with its line: %s', (_, members, message) => {
    const text = `groups:\n  deployment:\n    members: ${members}\nusers: {ann: {}}\nldap_only_users: {}\n`;
    const line = members.startsWith('\n') ? 4 : 3;
    expect(() => posixGroups(text, query())).toThrow(message);
    expect(() => posixGroups(text, query())).toThrow(`data.yaml: line ${line}: members of deployment`);
    expect(() => posixGroups(text, query({ groups: [] }))).not.toThrow();
  });

  test.each([
    ['at the top', 'ldap_only_users: {}', 'ldap_only_users'],
    ['under groups', 'groups: {deployment: {}, deployment: {}}', 'deployment'],
    ['in one group', 'groups: {deployment: {gid: 1, gid: 2}}', 'gid'],
    ['under users', 'users: {ann: {}, ann: {ensure: absent}}', 'ann'],
    ['in one user', 'users: {ann: {ensure: present, ensure: absent}}', 'ensure'],
    ['in one user, by an alias', 'users: {ann: *twice}', 'uid'],
    ['in what a user merges', 'users: {ann: {<<: *twice}}', 'uid'],
  ])('where a key occurs twice %s', (_, part, key) => {
    const parts = [
      'x: &twice {uid: 1, uid: 2}',
      'groups: {deployment: {}}',
      'users: {ann: {}}',
      'ldap_only_users: {}',
    ];
    const name = part.split(':')[0] ?? '';
    const kept = parts.filter((one) => name === 'ldap_only_users' || !one.startsWith(name));
    const text = [...kept, part, ''].join('\n');
    expect(() => posixGroups(text, query({ groups: [] }))).toThrow(`the key ${key} is there twice`);
  });

  test.each([
    ['under ldap_only_users', 'ldap_only_users: {eve: {}, eve: {}}', 'eve'],
    ['in one of them', 'ldap_only_users: {eve: {email: a, email: b}}', 'email'],
  ])('but a key that occurs twice elsewhere is a note: %s', (_, part, key) => {
    const text = `groups: {}\nusers: {ann: {keys: {a: 1, b: 2}}}\n${part}\n`;
    const { repeatedKeys } = posixGroups(text, query({ groups: [] }));
    expect(repeatedKeys).toEqual([`${key} (line 3)`]);
  });

  test.each([
    ['no list', file('gid2: 1')],
    ['an empty list', file('members: []')],
    ['only people who left', file('members: [left]', ['ann'], '  left: {ensure: absent}')],
    ['only people who stand nowhere', file('members: [ghost]')],
    ['only system members', file('members: [], system_members: [ann]')],
  ])('where a needed group has %s, unless it may be empty', (_, text) => {
    expect(() => posixGroups(text, query())).toThrow(/without members \(found deployment\)/);
    expect(posixGroups(text, query({ mayBeEmpty: ['deployment'] })).membersOf.get('deployment')).toEqual(
      new Set(),
    );
  });

  test('all empty groups are named together', () => {
    const text = dataYaml({ groups: { a: [], b: ['ann'], c: [] } });
    expect(() => posixGroups(text, query({ groups: ['a', 'b', 'c'] }))).toThrow(/found a, c/);
  });

  test('where a group that may be empty is missing', () => {
    expect(() =>
      posixGroups(file('members: [ann]'), query({ groups: ['gone'], mayBeEmpty: ['gone'] })),
    ).toThrow(/missing \(gone\)/);
  });

  test.each([
    [2, true],
    [3, true],
    [4, false],
  ])('with three users where at least %i are asked for: accepted %s', (minUsers, accepted) => {
    const act = () => posixGroups(file('members: [ann]'), query({ minUsers }));
    if (accepted) expect(act).not.toThrow();
    else expect(act).toThrow(/too few users \(found 3, allowed at least 4, DATA_YAML_MIN_USERS\)/);
  });

  test('users who left count as users of the file', () => {
    const text = file('members: [ann]', ['ann'], '  left: {ensure: absent}');
    expect(() => posixGroups(text, query({ minUsers: 2 }))).not.toThrow();
  });
});

test('a document of aliases of aliases is refused or read, never expanded without end', () => {
  const bomb = Array.from(
    { length: 30 },
    (_, n) => `  g${n + 1}: {members: &l${n + 1} [${`*l${n}, `.repeat(9)}x]}`,
  );
  const text = `groups:\n  deployment: {members: &l0 [ann]}\n${bomb.join('\n')}\nusers: {ann: {}}\nldap_only_users: {}\n`;
  let ended: unknown;
  try {
    ended = membersIn(text);
  } catch (error) {
    ended = error;
  }
  expect(ended instanceof SourceError || Array.isArray(ended)).toBe(true);
});

test('however a list is nested, its names are the same', () => {
  const name = fc.constantFrom('ann', 'bob', 'cid');
  const { tree } = fc.letrec<{ tree: unknown; list: unknown[] }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, name, tie('list')),
    list: fc.array(tie('tree'), { maxLength: 4 }),
  }));
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 5 }), (members) => {
      const flat = new Set((members as unknown[]).flat(10) as string[]);
      const text = file(`members: ${JSON.stringify(members)}`);
      expect(membersIn(text, 'deployment', { mayBeEmpty: ['deployment'] })).toEqual([...flat].toSorted());
    }),
  );
});

test('read over HTTP: facts, the number of groups as entries, the commit as version', async () => {
  const commit = 'a'.repeat(40);
  const text = dataYaml({ groups: { deployment: ['ann'], other: ['bob'] } });
  const server = await startGitiles({
    files: { production: { [commit]: { 'data.yaml': text } } },
    now: () => 0,
  });
  onTestFinished(() => server.close());
  const url = server.textUrl('production', 'data.yaml');
  const reading = await readPosixGroups(
    { ...query({ groups: ['deployment', 'other'], minUsers: 100 }), url },
    testRun(),
  );
  expect(reading).toMatchObject({ entries: 2, version: commit, asOf: '1970-01-01T00:00:00.000Z' });
  expect(reading.facts.membersOf.get('other')).toEqual(new Set(['bob']));
});
