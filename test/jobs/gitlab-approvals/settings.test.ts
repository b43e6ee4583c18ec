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
    if (error instanceof SettingsError) return error.faults.map((fault) => fault.split(':')[0] ?? '');
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

  test('take group names and uids separated by commas or spaces', () => {
    const values = read({ TRUSTED_LDAP_GROUPS: 'wmf, nda ops', DENIED_ACCOUNTS: 'ann,bob' });
    expect([values.TRUSTED_LDAP_GROUPS, values.DENIED_ACCOUNTS]).toEqual([
      ['wmf', 'nda', 'ops'],
      ['ann', 'bob'],
    ]);
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
