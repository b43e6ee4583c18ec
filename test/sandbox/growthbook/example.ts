import type { LdapEntry } from '../ldap/entries.ts';
import { type DataYamlSeed, dataYaml } from './data-yaml.ts';
import type { MemberSeed, ProjectRoleRow, TeamRow } from './state.ts';

/** The project whose roles the job keeps, and two that it must leave alone. */
export const PROJECT = 'prj_experiments';
export const PROJECTS = [
  { id: PROJECT, name: 'Experiments' },
  { id: 'prj_search', name: 'Search' },
  { id: 'prj_apps', name: 'Apps' },
];

/** Who is never written: the one administrator of the organisation. */
export const PROTECTED = 'ada@example.org';

type Group = 'admin' | 'customelevatedaccess' | 'readonly';

/** One person of the example: LDAP groups by their last word, POSIX groups in addition to the gate, addresses. */
interface Person {
  readonly uid: string;
  readonly ldap: readonly Group[];
  readonly posix?: readonly string[];
  readonly outside?: 'gate';
  readonly mails?: readonly string[];
  readonly disabled?: boolean;
  readonly absent?: boolean;
  readonly member?: Omit<MemberSeed, 'id'> | null;
}

const all: { environments: string[]; limitAccessByEnvironment: boolean } = {
  environments: [],
  limitAccessByEnvironment: false,
};
const entry = (role: string, project = PROJECT): ProjectRoleRow => ({
  project,
  role,
  ...all,
  additionalRoles: [],
});
const holds = (role: string, more: Partial<MemberSeed> = {}) => ({
  role: 'readonly',
  projectRoles: [entry(role)],
  ...more,
});

const PRODUCT = 'analytics-product-users';

/** About 25 people in whom every rule and every kind of decision occurs. */
const PEOPLE: readonly Person[] = [
  // Rule 2, and the administrator whom no run may write.
  { uid: 'ada', ldap: ['admin'], member: { role: 'admin' } },
  { uid: 'bela', ldap: ['admin'], member: holds('admin') },
  { uid: 'cleo', ldap: ['admin'], member: holds('engineer') },
  { uid: 'yuki', ldap: ['admin', 'readonly'], member: holds('admin') },
  // Rule 3: the LDAP group and one of three POSIX groups; `deployment` holds another group by alias.
  { uid: 'dmitri', ldap: ['customelevatedaccess'], posix: ['releng'], member: holds('CustomElevatedAccess') },
  { uid: 'efua', ldap: ['customelevatedaccess'], posix: ['analytics-wmde-users'], member: holds('readonly') },
  {
    uid: 'xena',
    ldap: ['customelevatedaccess'],
    posix: [PRODUCT],
    member: {
      role: 'noaccess',
      projectRoles: [
        { ...entry('engineer', 'prj_search'), environments: ['dev'], limitAccessByEnvironment: true },
        entry('noaccess'),
        entry('analyst', 'prj_apps'),
      ],
    },
  },
  // In the LDAP group of rule 3 but in none of its POSIX groups: rule 4 is what is left.
  { uid: 'farid', ldap: ['customelevatedaccess', 'readonly'], member: holds('CustomElevatedAccess') },
  // Rule 4.
  { uid: 'gwen', ldap: ['readonly'], member: { role: 'readonly' } },
  { uid: 'hiro', ldap: ['readonly'], member: { role: 'noaccess' } },
  {
    uid: 'petra',
    ldap: ['readonly'],
    mails: ['petra@example.org', 'Petra.Novak@Example.ORG'],
    member: { role: 'noaccess', email: 'petra.novak@example.org', projectRoles: [entry('noaccess')] },
  },
  // Rule 1, the gate: outside the group, disabled, gone.
  { uid: 'iris', ldap: ['readonly'], outside: 'gate', member: { role: 'readonly' } },
  { uid: 'jonas', ldap: ['admin'], disabled: true, member: holds('admin') },
  { uid: 'kira', ldap: ['readonly'], absent: true, member: holds('readonly') },
  // What members have in addition to the project role.
  { uid: 'nils', ldap: ['readonly'], member: { role: 'engineer', projectRoles: [entry('readonly')] } },
  {
    uid: 'olga',
    ldap: ['readonly'],
    member: holds('readonly', { additionalRoles: [{ role: 'admin', ...all }] }),
  },
  { uid: 'wim', ldap: ['readonly'], member: holds('readonly', { teams: ['team_experimenters'] }) },
  // Left alone, each for a reason of its own.
  {
    uid: 'quinn',
    ldap: ['readonly'],
    mails: ['q@example.org'],
    member: { role: 'noaccess', email: 'q@example.org' },
  },
  { uid: 'quentin', ldap: ['readonly'], mails: ['q@example.org'], member: null },
  { uid: 'rosa', ldap: ['readonly'], member: { role: 'noaccess' } },
  { uid: 'sven', ldap: ['readonly'], member: holds('analyst', { managedByIdp: true }) },
  {
    uid: 'tara',
    ldap: ['readonly'],
    member: {
      role: 'noaccess',
      projectRoles: [
        { ...entry('engineer', 'prj_search'), environments: [], limitAccessByEnvironment: true },
        entry('noaccess'),
      ],
    },
  },
  { uid: 'zoe', ldap: ['readonly'], member: { role: 'analyst', teams: ['team_contractors'] } },
  // Due a role, not yet signed in.
  { uid: 'umar', ldap: ['customelevatedaccess'], posix: [PRODUCT], member: null },
  { uid: 'vera', ldap: ['readonly'], member: null },
];

/** Members whom no directory knows. */
const STRANGERS: readonly MemberSeed[] = [
  { id: 'u_liam', name: 'Liam', email: 'liam@elsewhere.example', ...holds('analyst') },
  { id: 'u_mona', name: 'Mona', email: 'mona@elsewhere.example', role: 'noaccess' },
  { id: 'u_rosa2', name: 'Rosa', email: 'Rosa@Example.org', role: 'noaccess' },
];

const TEAMS: readonly TeamRow[] = [
  {
    id: 'team_experimenters',
    name: 'Experimenters',
    role: 'noaccess',
    ...all,
    projectRoles: [entry('engineer')],
  },
  {
    id: 'team_contractors',
    name: 'Contractors',
    role: 'noaccess',
    ...all,
    projectRoles: [entry('noaccess')],
  },
];

const capital = (uid: string) => `${uid.charAt(0).toUpperCase()}${uid.slice(1)}`;
const mailsOf = ({ uid, mails }: Person): readonly string[] => mails ?? [`${uid}@example.org`];

/** GrowthBook before the first run. */
export const growthBookContent = {
  members: [
    ...PEOPLE.flatMap((person): MemberSeed[] => {
      const { uid, member } = person;
      if (!member) return [];
      const { role, ...more } = member;
      return [{ id: `u_${uid}`, role, name: capital(uid), email: mailsOf(person)[0] ?? '', ...all, ...more }];
    }),
    ...STRANGERS,
  ],
  teams: TEAMS,
  projects: PROJECTS,
  environments: ['dev', 'production'],
};

const BASE = 'dc=wikimedia,dc=org';
const dnOf = (uid: string) => `uid=${uid},ou=people,${BASE}`;

/** The groups that the policy asks LDAP for. */
export const groupDn = (group: Group) => `cn=growthbook-${group},ou=groups,${BASE}`;

const groupEntry = (group: Group, more: readonly string[] = []): LdapEntry => ({
  dn: groupDn(group),
  attributes: {
    objectClass: ['groupOfNames'],
    cn: `growthbook-${group}`,
    member: [...PEOPLE.filter(({ ldap }) => ldap.includes(group)).map(({ uid }) => dnOf(uid)), ...more],
  },
});

const personEntry = (person: Person): LdapEntry => ({
  dn: dnOf(person.uid),
  attributes: {
    objectClass: ['inetOrgPerson'],
    uid: person.uid,
    cn: capital(person.uid),
    sn: capital(person.uid),
    mail: [...mailsOf(person)],
    ...(person.disabled ? { pwdPolicySubentry: `cn=disabled,ou=ppolicies,${BASE}` } : {}),
  },
});

const unit = (name: string): LdapEntry => ({
  dn: `ou=${name},${BASE}`,
  attributes: { objectClass: ['organizationalUnit'], ou: name },
});

/** The directory of the example; one member of a group left without a trace. */
export const ldapEntries = (): LdapEntry[] => [
  { dn: BASE, attributes: { objectClass: ['dcObject', 'organization'], dc: 'wikimedia', o: 'wikimedia' } },
  unit('people'),
  unit('groups'),
  ...PEOPLE.map(personEntry),
  groupEntry('admin'),
  groupEntry('customelevatedaccess'),
  groupEntry('readonly', [dnOf('longgone')]),
];

const inPosix = (group: string) => PEOPLE.filter(({ posix }) => posix?.includes(group)).map(({ uid }) => uid);

const dataSeed: DataYamlSeed = {
  absent: PEOPLE.filter(({ absent }) => absent).map(({ uid }) => uid),
  groups: {
    releng: inPosix('releng'),
    deployment: ['*releng', '*deploy-service'],
    'analytics-wmde-users': inPosix('analytics-wmde-users'),
    [PRODUCT]: inPosix(PRODUCT),
    'analytics-privatedata-users': PEOPLE.filter(({ outside }) => outside !== 'gate').map(({ uid }) => uid),
  },
};

/** Puppet's `data.yaml` of the example. */
export const dataYamlText = (): string => dataYaml(dataSeed);
