/**
 * A group: its members, or the whole of another group's list (`'*ops'`). A member `'*ops'` is that group's list inside this one;
 * that group must come before.
 */
export type GroupSeed = readonly string[] | `*${string}`;

/** What a user has in addition to a key and a number. */
export interface UserSeed {
  readonly ensure?: 'present' | 'absent';
  readonly realname?: string;
  readonly email?: string;
  /** An ISO date. */
  readonly expiryDate?: string;
}

/**
 * What the file is to hold. Members who are not in `users` get an ordinary entry there, unless it is null. `absent` are users who left
 * and are listed in the group of that name.
 */
export interface DataYamlSeed {
  readonly groups?: Readonly<Record<string, GroupSeed>>;
  readonly users?: Readonly<Record<string, UserSeed | null>>;
  readonly absent?: readonly string[];
  readonly ldapOnly?: Readonly<Record<string, UserSeed>>;
}

/**
 * A `data.yaml` of the real one's shape: flow lists with anchors and aliases, nested three deep, some closed at the indent of their
 * key, groups of who left, accounts that are not people. Ends with a newline. Throws where an alias has no group before it.
 */
export function dataYaml(seed: DataYamlSeed = {}): string {
  const fillers = Array.from({ length: 120 }, (_, n) => `filler${String(n + 1).padStart(3, '0')}`);
  const absent = [...(seed.absent ?? []), 'gone'];
  const ldapOnly: Record<string, UserSeed> = {
    'ldap-only': {},
    'ldap-gone': { ensure: 'absent' },
    ...seed.ldapOnly,
  };
  const groups: Record<string, GroupSeed> = {
    absent,
    absent_ldap: Object.keys(ldapOnly).filter((name) => ldapOnly[name]?.ensure === 'absent'),
    ...fillerGroups(fillers),
    ...seed.groups,
  };
  const mentioned = Object.values(groups)
    .flat()
    .filter((name) => !name.startsWith('*') && !(name in ldapOnly));
  const users: Record<string, UserSeed | null> = {
    ...Object.fromEntries([...fillers, ...mentioned].map((name) => [name, {}])),
    ...Object.fromEntries(absent.map((name) => [name, { ensure: 'absent' as const }])),
    ...seed.users,
  };
  return [
    '---',
    'groups:',
    ...printGroups(groups),
    '',
    'users:',
    ...Object.entries(users).flatMap(([name, user], n) => (user ? printUser(name, user, 1000 + n) : [])),
    '',
    'ldap_only_users:',
    ...Object.entries(ldapOnly).flatMap(([name, user]) => printLdapOnly(name, user)),
    '',
  ].join('\n');
}

const fillerGroups = (fillers: readonly string[]): Record<string, GroupSeed> => ({
  ops: fillers.slice(0, 6),
  'perf-team': ['*ops', ...fillers.slice(6, 8)],
  'deploy-service': ['*perf-team', ...fillers.slice(8, 9)],
  'all-ops': '*ops',
});

const indented = (depth: number, ...lines: readonly string[]): string[] =>
  lines.map((line) => `${'  '.repeat(depth)}${line}`);

const anchorOf = (group: string): string => `${group.replaceAll('-', '_')}_members`;

const scalar = (value: string): string =>
  /^[a-z][\w .@-]*$/i.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : `'${value.replaceAll("'", "''")}'`;

function printGroups(groups: Readonly<Record<string, GroupSeed>>): string[] {
  const before = new Set<string>();
  return Object.entries(groups).flatMap(([name, members], n) => {
    const aliases = [members].flat().filter((member) => member.startsWith('*'));
    const early = aliases.find((alias) => !before.has(alias.slice(1)));
    if (early) throw new Error(`dataYaml: ${name}: an alias needs its group before it (found ${early})`);
    before.add(name);
    return [
      ...indented(1, `${scalar(name)}:`),
      ...indented(2, `gid: ${700 + n}`, `description: the people of ${name}`),
      ...indented(2, ...printMembers(name, members)),
      ...indented(2, "privileges: ['ALL = (root) NOPASSWD: /usr/bin/true']"),
      ...(n % 2 === 0 ? indented(2, `system_members: [${name === 'ops' ? 'keyholder' : 'analytics'}]`) : []),
    ];
  });
}

const PER_LINE = 4;

/** A short list on a line; a long one over several, closed at the indent of its key. */
function printMembers(group: string, members: GroupSeed): string[] {
  const print = (member: string): string =>
    member.startsWith('*') ? `*${anchorOf(member.slice(1))}` : scalar(member);
  if (typeof members === 'string') return [`members: ${print(members)}`];
  const head = `members: &${anchorOf(group)} [`;
  if (members.length <= PER_LINE) return [`${head}${members.map(print).join(', ')}]`];
  const lines = Array.from({ length: Math.ceil(members.length / PER_LINE) }, (_, n) =>
    members
      .slice(n * PER_LINE, (n + 1) * PER_LINE)
      .map(print)
      .join(', '),
  );
  return [head + lines.join(`,\n${' '.repeat(8)}`), ']'];
}

function printUser(name: string, user: UserSeed, uid: number): string[] {
  const { ensure = 'present', realname = `Person ${name}`, email, expiryDate } = user;
  const expiry = [`expiry_date: '${expiryDate}'`, `expiry_contact: contact@example.org`];
  return [
    ...indented(1, `${scalar(name)}:`),
    ...indented(2, `ensure: ${ensure}`, 'gid: 500', `name: ${scalar(name)}`, `realname: ${scalar(realname)}`),
    ...indented(2, 'krb: present', `uid: ${uid}`, `email: ${scalar(email ?? `${name}@example.org`)}`),
    ...(expiryDate === undefined ? [] : indented(2, ...expiry)),
    ...printKeys(name, ensure),
  ];
}

function printKeys(name: string, ensure: 'present' | 'absent'): string[] {
  if (ensure === 'absent') return indented(2, 'ssh_keys: []');
  const key = Buffer.from(`not a key: ${name}`).toString('base64').replaceAll('=', '');
  return [...indented(2, 'ssh_keys:'), ...indented(3, `- ssh-ed25519 ${key} ${name}@laptop`)];
}

function printLdapOnly(
  name: string,
  { ensure = 'present', realname = `Person ${name}`, email }: UserSeed,
): string[] {
  return [
    ...indented(1, `${scalar(name)}:`),
    ...indented(2, `ensure: ${ensure}`, `realname: ${scalar(realname)}`),
    ...indented(2, `email: ${scalar(email ?? `${name}@example.org`)}`),
  ];
}
