import { describe, expect, test } from 'vitest';
import {
  auditAccess,
  gerritAccess,
  gitlabCrossChecks,
  gitlabSettings,
  phabricatorAccess,
} from '../../../src/jobs/gitlab-approvals/settings.ts';
import { SettingsError } from '../../../src/platform/errors.ts';
import { type Environment, readSettings } from '../../../src/platform/settings.ts';

const least = { GITLAB_ACCESS_TOKEN: 'token' };
const read = (environment: Environment) =>
  readSettings(
    gitlabSettings,
    { ...least, ...environment },
    { crossChecks: gitlabCrossChecks, known: Object.keys(gitlabSettings) },
  );

const OAUTH = {
  MEDIAWIKI_CONSUMER_TOKEN: 'a',
  MEDIAWIKI_CONSUMER_SECRET: 'b',
  MEDIAWIKI_ACCESS_TOKEN: 'c',
  MEDIAWIKI_ACCESS_SECRET: 'd',
};

function faults(environment: Environment): readonly string[] {
  try {
    read(environment);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.errors.map((fault) => fault.split(':')[0] ?? '');
    throw error;
  }
}

describe('the settings', () => {
  test('need only the token, and have Wikimedia’s systems as defaults', () => {
    const values = read({});
    expect(values).toMatchObject({
      MODE: 'observe',
      SYNC_DEADLINE_SECONDS: 150,
      GITLAB_URL: 'https://gitlab.wikimedia.org',
      GITLAB_IDENTITY_PROVIDER: 'openid_connect',
      TRUSTED_LDAP_GROUPS: ['wmf', 'wmde', 'nda', 'ops'],
      TOOLFORGE_LDAP_GROUP: 'project-tools',
      PHABRICATOR_URL: 'https://phabricator.wikimedia.org',
      PHABRICATOR_TRUSTED_PROJECT: 'trusted-contributors',
      GERRIT_URL: 'https://gerrit.wikimedia.org/r',
      GERRIT_TRUSTED_GROUP: 'Trusted-Contributors',
      MEDIAWIKI_URL: 'https://wikitech.wikimedia.org/w/api.php',
      DENIED_ACCOUNTS: [],
      SAFETY_MAX_APPROVALS: 20,
    });
    expect(values.LDAP_SERVERS.map(({ host }) => host)).toEqual([
      'ldap-ro.eqiad.wikimedia.org',
      'ldap-ro.codfw.wikimedia.org',
    ]);
    expect([phabricatorAccess(values), gerritAccess(values), auditAccess(values)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(faults({ GITLAB_ACCESS_TOKEN: undefined })).toEqual(['GITLAB_ACCESS_TOKEN']);
  });

  test.each([
    ['wmf nda', ['wmf', 'nda']],
    ['wmf,nda', ['wmf', 'nda']],
    ['wmf, Trusted People ,nda', ['wmf', 'Trusted People', 'nda']],
    ['wmf\nTrusted People', ['wmf', 'Trusted People']],
    ['"Trusted People" nda', ['Trusted People', 'nda']],
    ['\'Trusted, People\', "nda"', ['Trusted, People', 'nda']],
  ])('take group names with spaces, separated by commas or in quotes: %j', (value, expected) => {
    expect(read({ TRUSTED_LDAP_GROUPS: value }).TRUSTED_LDAP_GROUPS).toEqual(expected);
  });

  test.each(['"wmf', "wmf'", 'wmf; nda', '""'])('refuse group names that nobody can read: %s', (value) => {
    expect(faults({ TRUSTED_LDAP_GROUPS: value })).toEqual(['TRUSTED_LDAP_GROUPS']);
  });

  test('take names of accounts separated by commas or spaces', () => {
    expect(read({ DENIED_ACCOUNTS: 'ann, J.Doe_1\tzoë' }).DENIED_ACCOUNTS).toEqual(['ann', 'J.Doe_1', 'zoë']);
  });

  test.each([
    '@jane',
    'jane@example.org',
    '"jane"',
    'jane;bob',
    '<jane>',
    'jane,@bob',
    'https://gitlab.example/jane',
    '[jane, bob]',
    '{jane}',
    '- jane',
    'jane\u200b',
    'jane&bob',
    '*jane*',
    'uid=jane',
    '#jane',
  ])('refuse a denied account that is no name: %s', (value) => {
    expect(faults({ DENIED_ACCOUNTS: value })).toEqual(['DENIED_ACCOUNTS']);
  });

  test.each(['a\nb', 'a\u200bb', 'a b', '"token"', 'a\tb', 'tokén'])(
    'refuse a token that no header can carry: %j',
    (value) => {
      expect(faults({ GITLAB_ACCESS_TOKEN: value })).toEqual(['GITLAB_ACCESS_TOKEN']);
      expect(faults({ PHABRICATOR_USER: 'x', PHABRICATOR_TOKEN: value })).toEqual(['PHABRICATOR_TOKEN']);
    },
  );

  test.each([
    ['GERRIT_TRUSTED_GROUP', '"Trusted Contributors"'],
    ['PHABRICATOR_TRUSTED_PROJECT', "'trusted'"],
    ['TOOLFORGE_LDAP_GROUP', '"project-tools"'],
    ['LDAP_CA_CERT_PATH', '/nowhere/ca.pem'],
    ['LDAP_CA_CERT_PATH', 'package.json'],
    ['LDAP_GROUPS_BASE', 'groups'],
    ['LDAP_GROUPS_BASE', '"ou=groups,dc=example,dc=org"'],
    ['LDAP_PEOPLE_BASE', 'ou=people;dc'],
    ['LDAP_SERVERS', '"ldap://ldap.example.org"'],
    ['LDAP_TLS_SERVER_NAME', 'ldaps://ldap.example.org'],
    ['USER_AGENT', 'muster\n(x)'],
    ['LEASE_BUCKET', '"bucket"'],
    ['GERRIT_USER', 'ann bob'],
    ['GERRIT_PASSWORD', 'a\nb'],
    ['GITLAB_IDENTITY_PROVIDER', '"cas3"'],
    ['GCE_METADATA_HOST', 'http://metadata'],
  ])('refuse what can never work: %s=%j', (name, value) => {
    expect(faults({ [name]: value })).toEqual([name]);
  });

  test.each(['cn=reader,dc=example,dc=org', 'reader@example.org', 'EXAMPLE\\reader'])(
    'bind as %s',
    (value) => {
      expect(faults({ LDAP_BIND_DN: value, LDAP_BIND_PASSWORD: 'x' })).toEqual([]);
    },
  );

  test.each(['reader', '"cn=reader,dc=example"', 'a reader@example.org'])('do not bind as %s', (value) => {
    expect(faults({ LDAP_BIND_DN: value, LDAP_BIND_PASSWORD: 'x' })).toEqual(['LDAP_BIND_DN']);
  });

  test('cut only the line ends from a bind password', () => {
    const passwordOf = (value: string) =>
      read({ LDAP_BIND_DN: 'cn=a', LDAP_BIND_PASSWORD: value }).LDAP_BIND_PASSWORD;
    expect([' a b ', 'a\n', 'a\r\n', '\ta\n'].map(passwordOf)).toEqual([' a b ', 'a', 'a', '\ta']);
  });

  test.each([
    ['PHABRICATOR_TOKEN', { PHABRICATOR_USER: 'glaab' }],
    ['PHABRICATOR_USER', { PHABRICATOR_TOKEN: 'api-x' }],
    ...Object.keys(OAUTH).map(
      (name) => [name, { ...OAUTH, MEDIAWIKI_AUDIT_PAGE: 'P', [name]: undefined }] as const,
    ),
    ['MEDIAWIKI_AUDIT_PAGE', OAUTH],
  ] as const)('refuse half a set of credentials: %s is missing', (missing, environment) => {
    expect(faults(environment)).toEqual([missing]);
  });

  test('take a page without credentials as no audit log', () => {
    expect(auditAccess(read({ MEDIAWIKI_AUDIT_PAGE: 'P' }))).toBeUndefined();
  });

  test.each([
    ['GITLAB_URL', 'https://gitlab.example/api/v4'],
    ['GITLAB_URL', 'gitlab.example'],
    ['PHABRICATOR_URL', 'https://phabricator.example/api/'],
    ['GERRIT_URL', 'https://gerrit.example/r/a'],
    ['MEDIAWIKI_URL', 'https://wiki.example/w/'],
    ['MEDIAWIKI_URL', 'https://wiki.example/w/api.php?x'],
    ['MEDIAWIKI_AUDIT_PAGE', 'A|B'],
    ['MEDIAWIKI_AUDIT_PAGE', '\u001fA\u001fB'],
    ['SAFETY_MAX_APPROVALS', 'many'],
  ])('refuse %s=%s', (name, value) => {
    expect(faults({ [name]: value })).toEqual([name]);
  });

  test.each([
    [{}, 'glaab'],
    [{ PHABRICATOR_USER: 'phab', PHABRICATOR_TOKEN: 'api-x' }, 'phab'],
    [{ PHABRICATOR_USER: 'phab', PHABRICATOR_TOKEN: 'api-x', GERRIT_USER: 'gerrit' }, 'gerrit'],
  ])('give Gerrit’s user (%j)', (environment, user) => {
    expect(gerritAccess(read({ ...environment, GERRIT_PASSWORD: 'x' }))?.user).toBe(user);
  });

  test('ignore what the platform sets for every tool', () => {
    const tool = {
      TOOL_REPLICA_USER: 'u',
      TOOL_REPLICA_PASSWORD: 'p',
      TOOL_TOOLSDB_USER: 'u',
      TOOL_TOOLSDB_PASSWORD: 'p',
      TOOL_DATA_DIR: '/data',
    };
    expect(faults(tool)).toEqual([]);
  });

  test('name no secret when they refuse it', () => {
    expect(() =>
      read({ ...OAUTH, MEDIAWIKI_ACCESS_SECRET: undefined, MEDIAWIKI_CONSUMER_SECRET: 'hush' }),
    ).toThrow(/^(?!.*hush)/s);
  });
});
