import type { LdapEntry } from '../ldap/entries.ts';
import { groupEntry, personDn, personEntry } from '../ldap/people.ts';
import { startLdapServer } from '../ldap/server.ts';
import { type PhabricatorAccount, startConduit } from './conduit.ts';
import { startGerrit } from './gerrit.ts';
import { type MediaWikiOptions, startMediaWiki } from './mediawiki.ts';
import { type GitLabOptions, startGitLab } from './server.ts';
import { type GitLabUser, waitingUser } from './users.ts';

export const GITLAB_TOKEN = 'glpat-an-administrators-token';
export const CONDUIT_TOKEN = 'api-abcdefghijklmnopqrstuvwxyz12';
export const GERRIT_PASSWORD = 'gerrit-http-password';
export const AUDIT_PAGE = 'Tool:Gitlab-account-approval/Log';
export const CREDENTIALS = {
  consumerKey: 'consumer-key-0123',
  consumerSecret: 'consumer-secret-0123',
  token: 'access-token-0123',
  tokenSecret: 'access-secret-0123',
};

/** A pending account whose person has the same name in LDAP. */
export const pending = (id: number, username: string, over: Partial<GitLabUser> = {}): GitLabUser =>
  waitingUser({ id, username, name: username, ...over });

/** A Phabricator account that is linked to an LDAP name. */
export const linked = (ldapName: string, over: Partial<PhabricatorAccount> = {}): PhabricatorAccount => ({
  phid: `PHID-USER-${over.userName ?? ldapName}`,
  userName: ldapName,
  realName: ldapName,
  ldapName,
  ...over,
});

/** Who is where, copied for each stage. Lists hold uids; `people` are further LDAP entries, `phabricator` and `gerrit` the trusted. */
export interface GitlabContent {
  readonly users: readonly GitLabUser[];
  readonly known?: readonly string[];
  readonly people?: readonly LdapEntry[];
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly accounts?: readonly PhabricatorAccount[];
  readonly phabricator?: readonly string[];
  readonly gerrit?: readonly string[];
  readonly page?: string;
  /** What is otherwise with GitLab and the wiki. */
  readonly gitlab?: Partial<GitLabOptions>;
  readonly wiki?: Partial<MediaWikiOptions>;
}

const GROUPS = ['wmf', 'wmde', 'nda', 'ops', 'project-tools'];
const NOBODY = 'uid=nobody,ou=elsewhere,dc=wikimedia,dc=org';

function ldapEntries({ known = [], people = [], groups = {} }: GitlabContent): readonly LdapEntry[] {
  const unit = (dn: string, ou: string): LdapEntry => ({
    dn,
    attributes: { objectClass: 'organizationalUnit', ou },
  });
  const uids = [...new Set([...known, ...Object.values(groups).flat()])];
  const given = new Set(people.map(({ dn }) => dn));
  return [
    {
      dn: 'dc=wikimedia,dc=org',
      attributes: { objectClass: ['dcObject', 'organization'], dc: 'wikimedia', o: 'w' },
    },
    unit('ou=people,dc=wikimedia,dc=org', 'people'),
    unit('ou=groups,dc=wikimedia,dc=org', 'groups'),
    ...uids.filter((uid) => !given.has(personDn(uid))).map((uid) => personEntry(uid)),
    ...people,
    ...GROUPS.map((name) => groupEntry(name, [NOBODY, ...(groups[name] ?? []).map(personDn)])),
  ];
}

const startPhabricator = ({ accounts, phabricator = [] }: GitlabContent, now: () => number) => {
  const trusted = phabricator.map((uid) => linked(uid));
  return startConduit({
    token: CONDUIT_TOKEN,
    user: 'glaab',
    accounts: [linked('glaab-bot', { userName: 'glaab' }), ...trusted, ...(accounts ?? [])],
    projects: [
      {
        id: 1,
        phid: 'PHID-PROJ-trusted',
        name: 'Trusted-Contributors',
        slugs: ['trusted-contributors'],
        members: trusted.map(({ phid }) => phid),
      },
    ],
    now,
  });
};

const startReview = ({ gerrit = [] }: GitlabContent, now: () => number) =>
  startGerrit({
    user: 'glaab',
    password: GERRIT_PASSWORD,
    accounts: gerrit.map((username, n) => ({
      id: n + 1,
      username,
      name: username,
      email: `${username}@example.org`,
    })),
    groups: [
      {
        id: 'a'.repeat(40),
        number: 1,
        name: 'Trusted-Contributors',
        members: gerrit.map((_, n) => n + 1),
        includes: [],
      },
    ],
    now,
  });

/** Everything that `gitlab-approvals` talks to, on loopback, and the environment that points there. `now` gives milliseconds. */
export async function startGitlabSandbox(content: GitlabContent, now: () => number = Date.now) {
  const pages = content.page === undefined ? {} : { [AUDIT_PAGE]: content.page };
  const [gitlab, ldap, phabricator, gerrit, wiki] = await Promise.all([
    startGitLab({ users: structuredClone([...content.users]), token: GITLAB_TOKEN, now, ...content.gitlab }),
    startLdapServer({ entries: ldapEntries(content) }),
    startPhabricator(content, now),
    startReview(content, now),
    startMediaWiki({ credentials: CREDENTIALS, user: 'Glaab', now, pages, ...content.wiki }),
  ]);
  const environment = {
    GITLAB_URL: gitlab.origin,
    GITLAB_ACCESS_TOKEN: GITLAB_TOKEN,
    LDAP_SERVERS: ldap.url,
    PHABRICATOR_URL: phabricator.origin,
    PHABRICATOR_USER: 'glaab',
    PHABRICATOR_TOKEN: CONDUIT_TOKEN,
    GERRIT_URL: gerrit.url,
    GERRIT_PASSWORD,
    MEDIAWIKI_URL: wiki.url,
    MEDIAWIKI_CONSUMER_TOKEN: CREDENTIALS.consumerKey,
    MEDIAWIKI_CONSUMER_SECRET: CREDENTIALS.consumerSecret,
    MEDIAWIKI_ACCESS_TOKEN: CREDENTIALS.token,
    MEDIAWIKI_ACCESS_SECRET: CREDENTIALS.tokenSecret,
    MEDIAWIKI_AUDIT_PAGE: AUDIT_PAGE,
  };
  const servers = { gitlab, phabricator, gerrit, wiki, ldap };
  return {
    ...servers,
    environment,
    auditPage: () => wiki.textOf(AUDIT_PAGE),
    close: async () => {
      await Promise.all(Object.values(servers).map((server) => server.close()));
    },
  };
}
