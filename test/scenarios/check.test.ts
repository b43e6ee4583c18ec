import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CheckLine } from '../../src/engine/check.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import type { FaultEffect } from '../sandbox/server.ts';
import { type Scenario as GitlabScenario, startScenario as startGitlabScenario } from './gitlab.ts';
import { type Scenario, startScenario } from './growthbook.ts';

const answer = (status: number, body: string | object = {}): FaultEffect => ({
  kind: 'answer',
  answer: { status, body },
});
const wrong = (checks: readonly CheckLine[] | undefined) => (checks ?? []).filter(({ ok }) => !ok);

/** A fault: settings that differ, or a server's answers. The one line that is wrong has this name and this text. */
interface Fault {
  readonly name: string;
  readonly line: string;
  readonly found: RegExp;
  readonly cure: RegExp;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly path?: string;
  readonly effect?: FaultEffect;
}
const fault = (
  name: string,
  [line, found, cure]: readonly [string, RegExp, RegExp],
  how: Partial<Fault>,
): Fault => ({ name, line, found, cure, ...how });

const LDAP = /LDAP_SERVERS/;
const GROWTHBOOK = /GROWTHBOOK_API_URL.*GROWTHBOOK_PROJECT/;

describe('check of growthbook-roles', () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await startScenario({ requestsPerMinute: 6000 });
  });
  beforeEach(() => {
    scenario.growthbook.clearFaults();
    scenario.gitiles.clearFaults();
  });
  afterAll(() => scenario.close());

  test('without faults finds everything right, and writes nothing', async () => {
    const { checks } = await scenario.run({ check: true, dryRun: false });
    expect(wrong(checks)).toEqual([]);
    expect(checks?.map(({ name }) => name.split(' ')[0])).toEqual([
      'settings',
      'ldap',
      'data.yaml',
      'growthbook',
    ]);
    expect(scenario.posts()).toEqual([]);
  });

  const at = (path: string, effect: FaultEffect): Partial<Fault> => ({ path, effect });
  const faults: readonly Fault[] = [
    fault('an LDAP server that nobody listens at', ['ldap ldap://127.0.0.1:1', /ECONNREFUSED/, LDAP], {
      environment: { LDAP_SERVERS: 'ldap://127.0.0.1:1' },
    }),
    fault('a wrong LDAP password', ['ldap', /bind/, /LDAP_BIND_PASSWORD/], {
      environment: { LDAP_BIND_PASSWORD: 'wrong-password' },
    }),
    fault('a groups base that does not exist', ['ldap', /./, /bases/], {
      environment: { LDAP_GROUPS_BASE: 'ou=nowhere,dc=wikimedia,dc=org' },
    }),
    fault('a people base that does not exist', ['ldap', /./, /bases/], {
      environment: { LDAP_PEOPLE_BASE: 'ou=nowhere,dc=wikimedia,dc=org' },
    }),
    fault('StartTLS where there is none', ['ldap', /./, /LDAP_STARTTLS/], {
      environment: { LDAP_STARTTLS: 'true' },
    }),
    fault('data.yaml that is not there', ['data.yaml', /404/, /DATA_YAML_URL/], at('data.yaml', answer(404))),
    fault(
      'data.yaml that is HTML',
      ['data.yaml', /HTML/, /DATA_YAML_URL/],
      at('data.yaml', answer(200, '<html>')),
    ),
    fault('data.yaml with too few users', ['data.yaml', /too few users/, /DATA_YAML_MIN_USERS/], {
      environment: { DATA_YAML_MIN_USERS: '100000' },
    }),
    fault('a key that is refused', ['growthbook', /401/, /GROWTHBOOK_LDAP_SYNC_API_KEY/], {
      environment: { GROWTHBOOK_LDAP_SYNC_API_KEY: 'secret_admin_wrong' },
    }),
    fault('a project by its name', ['growthbook', /project/i, GROWTHBOOK], {
      environment: { GROWTHBOOK_PROJECT: 'Experiments' },
    }),
    fault('GrowthBook that is down', ['growthbook', /503/, GROWTHBOOK], at('/members', answer(503))),
    fault(
      'GrowthBook that answers with a page',
      ['growthbook', /not JSON/, GROWTHBOOK],
      at('/members', answer(200, '<html>')),
    ),
    fault(
      'a key that may not list members',
      ['growthbook', /403/, /manage the team/],
      at('/members', answer(403, { message: 'You do not have permission' })),
    ),
    fault('teams of a proxy', ['growthbook', /404/, GROWTHBOOK], at('/teams', answer(404, '<html>'))),
    fault(
      'a GrowthBook that drops the connection',
      ['growthbook', /no answer/, GROWTHBOOK],
      at('/projects', { kind: 'drop' }),
    ),
    fault('a Pushgateway that is not there', ['pushgateway', /ECONNREFUSED/, /PUSHGATEWAY_URL/], {
      environment: { PUSHGATEWAY_URL: 'http://127.0.0.1:1' },
    }),
    fault('a lease bucket that cannot be asked', ['lease', /no answer|ECONNREFUSED/, /LEASE_BUCKET/], {
      environment: { LEASE_BUCKET: 'b', GCE_METADATA_HOST: '127.0.0.1:1' },
    }),
    fault('a mode that nobody knows', ['settings', /MODE/, /correct/], { environment: { MODE: 'perhaps' } }),
    fault('a misspelt setting', ['settings', /SAFETY_MAX_COUNTS/, /correct/], {
      environment: { SAFETY_MAX_COUNTS: '1' },
    }),
    fault('a setting that is missing', ['settings', /GROWTHBOOK_PROJECT/, /correct/], {
      environment: { GROWTHBOOK_PROJECT: undefined as never },
    }),
  ];
  test.each(faults)(
    'finds $name, with its cure, and nothing else',
    async ({ line, found, cure, environment, path, effect }) => {
      if (path !== undefined && effect) {
        for (const server of [scenario.growthbook, scenario.gitiles])
          server.addFault({ when: (request) => request.path.includes(path), effect });
      }
      const { checks } = await scenario.run({ check: true }, environment as Record<string, string>);
      const [first, ...others] = wrong(checks);
      expect(others).toEqual([]);
      expect(first?.name).toContain(line);
      expect(first?.found).toMatch(found);
      expect(first?.cure).toMatch(cure);
      expect(scenario.posts()).toEqual([]);
    },
  );

  test('tries nothing twice', async () => {
    scenario.growthbook.addFault({ when: ({ path }) => path.includes('/members'), effect: answer(503) });
    const before = scenario.growthbook.requests.length;
    await scenario.run({ check: true });
    const asked = scenario.growthbook.requests.slice(before).filter(({ path }) => path.includes('/members'));
    expect(asked).toHaveLength(1);
  });

  test('shows every faulty setting on a line of its own', async () => {
    const { checks } = await scenario.run({ check: true }, { MODE: 'perhaps', SYNC_DEADLINE_SECONDS: '0' });
    expect(wrong(checks).map(({ found }) => found.split(':')[0])).toEqual(['MODE', 'SYNC_DEADLINE_SECONDS']);
  });
});

describe('check of gitlab-approvals', () => {
  let scenario: GitlabScenario;
  beforeAll(async () => {
    scenario = await startGitlabScenario(gitlabExample);
  });
  beforeEach(() => {
    for (const server of [scenario.gitlab, scenario.phabricator, scenario.gerrit, scenario.wiki])
      server.clearFaults();
  });
  afterAll(() => scenario.close());

  const settings = { DENIED_ACCOUNTS: DENIED };
  type Server = 'gitlab' | 'phabricator' | 'gerrit' | 'wiki';
  const at = (server: Server, effect: FaultEffect) => ({ path: server, effect });
  const faults: readonly Fault[] = [
    fault(
      'a token that is refused',
      ['gitlab', /401/, /administrator/],
      at('gitlab', answer(401, { message: '401 Unauthorized' })),
    ),
    fault(
      'a token without scope',
      ['gitlab', /403/, /admin_mode/],
      at('gitlab', answer(403, { error: 'insufficient_scope' })),
    ),
    fault('GitLab that is down', ['gitlab', /502/, /GITLAB_URL/], at('gitlab', answer(502, '<html>'))),
    fault('a Conduit token that is refused', ['phabricator', /ERR-INVALID-AUTH/, /PHABRICATOR_TOKEN/], {
      environment: { PHABRICATOR_TOKEN: 'api-wrongwrongwrongwrongwrongwro' },
    }),
    fault('another account’s token', ['phabricator', /another account/, /PHABRICATOR_USER/], {
      environment: { PHABRICATOR_USER: 'somebody', GERRIT_USER: 'glaab' },
    }),
    fault(
      'Phabricator that is down',
      ['phabricator', /503/, /PHABRICATOR_URL/],
      at('phabricator', answer(503)),
    ),
    fault('a wrong HTTP password', ['gerrit', /GERRIT_PASSWORD/, /GERRIT_PASSWORD/], {
      environment: { GERRIT_PASSWORD: 'wrong-password' },
    }),
    fault('a Gerrit group that is not there', ['gerrit Nobody', /can’t be found/, /visible to all/], {
      environment: { GERRIT_TRUSTED_GROUP: 'Nobody' },
    }),
    fault(
      'Gerrit that redirects',
      ['gerrit', /302/, /GERRIT_URL/],
      at('gerrit', {
        kind: 'answer',
        answer: { status: 302, headers: { location: 'https://sso.example.org/' }, body: '' },
      }),
    ),
    fault(
      'Gerrit that shows nobody',
      ['gerrit', /cannot see who is in it/, /visible to all/],
      at('gerrit', answer(200, ")]}'\n[]")),
    ),
    fault('wiki credentials that are refused', ['mediawiki', /mwoauth-invalid-authorization/, /MEDIAWIKI_/], {
      environment: { MEDIAWIKI_ACCESS_SECRET: 'another-secret' },
    }),
    fault('a title of another wiki', ['mediawiki', /another wiki|title/, /MEDIAWIKI_AUDIT_PAGE/], {
      environment: { MEDIAWIKI_AUDIT_PAGE: 'gitlab:Log' },
    }),
    fault('a wiki that is down', ['mediawiki', /503/, /MEDIAWIKI_/], at('wiki', answer(503))),
  ];
  test('without faults finds everything right', async () => {
    const { checks } = await scenario.run({ check: true }, settings);
    expect(wrong(checks)).toEqual([]);
    expect(checks).toHaveLength(6);
  });

  test.each(faults)(
    'finds $name, with its cure, and nothing else',
    async ({ line, found, cure, environment, path, effect }) => {
      if (path !== undefined && effect) scenario[path as Server].addFault({ when: () => true, effect });
      const { checks } = await scenario.run({ check: true }, { ...settings, ...environment });
      const [first, ...others] = wrong(checks);
      expect(others).toEqual([]);
      expect(first?.name).toContain(line);
      expect(first?.found).toMatch(found);
      expect(first?.cure).toMatch(cure);
      expect([scenario.approvalsSent(), scenario.editsSent()]).toEqual([[], 0]);
    },
  );
});
