import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataYaml } from '../sandbox/growthbook/data-yaml.ts';
import { PROJECT, PROJECTS } from '../sandbox/growthbook/example.ts';
import { slapdMissing } from '../sandbox/ldap/directories.ts';
import { type Scenario, startScenario } from './growthbook.ts';
import { type Organisation, organisations, type RunningDirectory } from './organisations.ts';

const uids = ['ann', 'bob', 'cem', 'dov'];
const EVERYBODY = { 'analytics-privatedata-users': uids };

/** Before the run bob has nothing, and everybody else too much or the desired role. */
const HELD = { ann: 'admin', bob: 'noaccess', cem: 'engineer', dov: 'readonly' };
const DUE = { ann: 'admin', bob: 'engineer', cem: 'noaccess', dov: 'noaccess' };

const scenarioFor = () =>
  startScenario({
    entries: [],
    file: dataYaml({ groups: EVERYBODY }),
    content: {
      members: Object.entries(HELD).map(([uid, role]) => ({
        id: `u_${uid}`,
        role: 'readonly',
        email: `${uid}@example.org`,
        projectRoles: [{ project: PROJECT, role, environments: [] }],
      })),
      projects: PROJECTS,
    },
  });

const environmentOf = ({ settings, policy }: Organisation, directory: RunningDirectory) => ({
  GROWTHBOOK_PROTECTED_MEMBERS: '',
  GROWTHBOOK_POLICY: JSON.stringify(policy),
  DATA_YAML_MIN_USERS: '1',
  ...directory.settings,
  ...settings,
});

const roleOf = (scenario: Scenario, uid: string) =>
  scenario.growthbook.member(`u_${uid}`).projectRoles?.find(({ project }) => project === PROJECT)?.role;

test('a real slapd takes part, or this test says that it does not', async ({ skip }) => {
  const missing = await slapdMissing();
  skip(missing !== undefined, missing);
});

describe.each(organisations)('an organisation: $name', (organisation) => {
  let directories: readonly RunningDirectory[] = [];
  let scenario: Scenario;
  beforeAll(async () => {
    directories = await organisation.start();
  });
  afterAll(async () => {
    await Promise.all(directories.map((directory) => directory.close()));
  });

  test('from its settings to roles that are verified, and nothing to do in the run after it', async () => {
    for (const directory of directories) {
      scenario = await scenarioFor();
      const environment = environmentOf(organisation, directory);
      const { report } = await scenario.run({}, environment);
      expect([directory.name, report.error, report.outcome]).toEqual([directory.name, null, 'applied']);
      expect(Object.fromEntries(uids.map((uid) => [uid, roleOf(scenario, uid)]))).toEqual(DUE);
      const again = await scenario.run({}, environment);
      expect([directory.name, again.report.outcome]).toEqual([directory.name, 'unchanged']);
      const needsFile = JSON.stringify(organisation.policy).includes('posix');
      expect(scenario.gitiles.requests.length > 0).toBe(needsFile);
      await scenario.close();
    }
  });

  test.each(organisation.wrong)(
    'the wrong setting %j is named, and nothing is written',
    async (wrong, because) => {
      for (const directory of directories) {
        scenario = await scenarioFor();
        const { report } = await scenario.run({}, { ...environmentOf(organisation, directory), ...wrong });
        expect(report.error, directory.name).toMatch(because);
        expect(report.error).not.toContain('mayBeEmpty');
        expect(['source-failed', 'invalid-settings']).toContain(report.outcome);
        expect(scenario.posts()).toEqual([]);
        await scenario.close();
      }
    },
  );
});
