import { ldapCrossChecks, ldapSettings, ldapVariables } from '../../directories/ldap/settings.ts';
import { accountNames, password, spacedNames, token, unquoted, word } from '../../platform/setting-kinds.ts';
import {
  boolean,
  httpUrl,
  integer,
  noQuery,
  optional,
  required,
  type Setting,
  secret,
  text,
  type Values,
} from '../../platform/settings.ts';
import type { Policy } from '../../policy/policy.ts';
import { parseTrust } from '../../policy/trust-document.ts';
import { commonSettings } from '../common-settings.ts';
import { policyDocument, policyFile, policyGivenTwice } from '../policy-settings.ts';
import { defaultTrust } from './policy.ts';

const rootBefore = (ending: RegExp, allowed: string) => (url: URL) =>
  ending.test(url.pathname) ? allowed : noQuery(url);

const apiPhp = (url: URL) => (url.pathname.endsWith('/api.php') ? noQuery(url) : 'the address of `api.php`');

const pageTitle = (description: string, defaultText: string): Setting<string> => ({
  ...text(description, defaultText),
  parse: (title) => {
    if (/[[\]{}|#<>\p{Cc}]/u.test(title))
      throw new Error('one page title without any of [ ] { } | # < > or a control character');
    return title;
  },
});

/** Every variable that `gitlab-approvals` reads. */
export const gitlabSettings = {
  ...commonSettings(150),
  ...ldapVariables('ldap-ro.eqiad.wikimedia.org ldap-ro.codfw.wikimedia.org'),
  GITLAB_URL: httpUrl(rootBefore(/\/api(\/v\d+)?\/?$/, 'GitLab’s root (/api/v4 is appended)'))(
    'GitLab’s root; `/api/v4/…` is appended',
    'https://gitlab.wikimedia.org',
  ),
  GITLAB_ACCESS_TOKEN: secret(
    required(
      token,
      'an administrator’s token with the scope `api` and, where Admin Mode is on, `admin_mode`',
    ),
  ),
  GITLAB_IDENTITY_PROVIDER: word(
    'the provider whose identities name an LDAP `cn`; `cas3`, where it is none, names a `uid`',
    'openid_connect',
  ),
  DENIED_ACCOUNTS: accountNames('GitLab usernames or LDAP uids that are never approved', ''),
  TRUSTED_LDAP_GROUPS: spacedNames(
    'rule 1: LDAP groups of organisations that are trusted',
    'wmf wmde nda ops',
  ),
  TOOLFORGE_LDAP_GROUP: unquoted('rule 2: the LDAP group of Toolforge’s members', 'project-tools'),
  PHABRICATOR_URL: httpUrl(rootBefore(/\/api\/?$/, 'Phabricator’s root (/api is appended)'))(
    'Phabricator’s root; `/api/…` is appended',
    'https://phabricator.wikimedia.org',
  ),
  PHABRICATOR_USER: optional(word, 'user of the Conduit token; rule 3 is off without user and token'),
  PHABRICATOR_TOKEN: secret(optional(token, 'a Conduit token')),
  PHABRICATOR_TRUSTED_PROJECT: unquoted('rule 3: a project’s slug or PHID', 'trusted-contributors'),
  PHABRICATOR_TRUST_BOTS: boolean('whether accounts of bots count in Phabricator', 'false'),
  GERRIT_URL: httpUrl(rootBefore(/\/a\/?$/, 'the address before /a/'))(
    'Gerrit’s root, the address before `/a/`',
    'https://gerrit.wikimedia.org/r',
  ),
  GERRIT_USER: optional(word, 'who asks Gerrit; without it `PHABRICATOR_USER`, else `glaab`'),
  GERRIT_PASSWORD: secret(optional(password, 'the user’s HTTP password; rule 4 is off without it')),
  GERRIT_TRUSTED_GROUP: unquoted('rule 4: a group’s name, UUID or number', 'Trusted-Contributors'),
  GITLAB_TRUST_POLICY: optional(
    policyDocument(parseTrust, 'GITLAB_TRUST_POLICY_FILE'),
    'a policy document in YAML instead of these four rules',
  ),
  GITLAB_TRUST_POLICY_FILE: optional(policyFile(parseTrust), 'the path of a file with that document'),
  MEDIAWIKI_URL: httpUrl(apiPhp)(
    'the address of the wiki’s `api.php`',
    'https://wikitech.wikimedia.org/w/api.php',
  ),
  MEDIAWIKI_CONSUMER_TOKEN: secret(optional(token, 'OAuth 1.0a: the consumer’s key')),
  MEDIAWIKI_CONSUMER_SECRET: secret(optional(token, 'OAuth 1.0a: the consumer’s secret')),
  MEDIAWIKI_ACCESS_TOKEN: secret(optional(token, 'OAuth 1.0a: the access token')),
  MEDIAWIKI_ACCESS_SECRET: secret(optional(token, 'OAuth 1.0a: the access secret')),
  MEDIAWIKI_AUDIT_PAGE: optional(pageTitle, 'the page of the public audit log; off without the four values'),
  SAFETY_MAX_APPROVALS: integer(0, 100_000)('approvals in one run', '20'),
};
export type GitlabValues = Values<typeof gitlabSettings>;

const PHABRICATOR = ['PHABRICATOR_USER', 'PHABRICATOR_TOKEN'] as const;
const MEDIAWIKI = [
  'MEDIAWIKI_CONSUMER_TOKEN',
  'MEDIAWIKI_CONSUMER_SECRET',
  'MEDIAWIKI_ACCESS_TOKEN',
  'MEDIAWIKI_ACCESS_SECRET',
] as const;

/** Errors between the variables: half a set of credentials, and an audit log without a page. */
export function gitlabCrossChecks(values: Partial<GitlabValues>): readonly string[] {
  const errors = [
    ...ldapCrossChecks(values),
    ...policyGivenTwice(values, 'GITLAB_TRUST_POLICY'),
    ...incompleteSet(values, PHABRICATOR),
    ...incompleteSet(values, MEDIAWIKI),
  ];
  const logs = MEDIAWIKI.every((name) => values[name] !== undefined);
  if (!logs || values.MEDIAWIKI_AUDIT_PAGE !== undefined) return errors;
  return [
    ...errors,
    'MEDIAWIKI_AUDIT_PAGE: found nothing, allowed: a page title where the four OAuth values are set',
  ];
}

function incompleteSet(
  values: Partial<GitlabValues>,
  set: readonly (keyof GitlabValues)[],
): readonly string[] {
  const missing = set.filter((name) => values[name] === undefined);
  if (missing.length === 0 || missing.length === set.length) return [];
  return missing.map(
    (name) => `${name}: found nothing, allowed: a value beside the rest of ${set.join(', ')}`,
  );
}

/** The policy of trust: from its own setting, or from the variables. */
export const trustPolicy = (values: GitlabValues): Policy =>
  values.GITLAB_TRUST_POLICY ??
  values.GITLAB_TRUST_POLICY_FILE ??
  defaultTrust({
    organisations: values.TRUSTED_LDAP_GROUPS,
    toolforge: values.TOOLFORGE_LDAP_GROUP,
    project: values.PHABRICATOR_TRUSTED_PROJECT,
    group: values.GERRIT_TRUSTED_GROUP,
  });

/** The settings by what they are about, in the form that the stages use. */
export const approvalSettings = (values: GitlabValues) => ({
  server: {
    root: values.GITLAB_URL,
    token: values.GITLAB_ACCESS_TOKEN,
    provider: values.GITLAB_IDENTITY_PROVIDER,
  },
  denied: values.DENIED_ACCOUNTS,
  maxApprovals: values.SAFETY_MAX_APPROVALS,
  audit: auditAccess(values),
  sources: {
    ldap: ldapSettings(values),
    phabricator: phabricatorAccess(values),
    bots: values.PHABRICATOR_TRUST_BOTS,
    gerrit: gerritAccess(values),
  },
});
export type SourceSettings = ReturnType<typeof approvalSettings>['sources'];

/** The account and token for Phabricator; undefined where it is off. */
export const phabricatorAccess = (values: GitlabValues) => {
  const { PHABRICATOR_URL: root, PHABRICATOR_USER: user, PHABRICATOR_TOKEN: token } = values;
  return user === undefined || token === undefined ? undefined : { root, user, token };
};

/** The account and password for Gerrit; undefined where it is off. */
export const gerritAccess = (values: GitlabValues) => {
  const { GERRIT_URL: root, GERRIT_USER, PHABRICATOR_USER, GERRIT_PASSWORD: password } = values;
  return password === undefined
    ? undefined
    : { root, user: GERRIT_USER ?? PHABRICATOR_USER ?? 'glaab', password };
};

/** The page of the audit log and the credentials that write it; undefined where there is none. */
export const auditAccess = (values: GitlabValues) => {
  const {
    MEDIAWIKI_URL: url,
    MEDIAWIKI_AUDIT_PAGE: page,
    MEDIAWIKI_CONSUMER_TOKEN: consumerToken,
    MEDIAWIKI_CONSUMER_SECRET: consumerSecret,
    MEDIAWIKI_ACCESS_TOKEN: accessToken,
    MEDIAWIKI_ACCESS_SECRET: accessSecret,
  } = values;
  if (page === undefined || consumerToken === undefined || consumerSecret === undefined) return undefined;
  if (accessToken === undefined || accessSecret === undefined) return undefined;
  return { url, page, credentials: { consumerToken, consumerSecret, accessToken, accessSecret } };
};
