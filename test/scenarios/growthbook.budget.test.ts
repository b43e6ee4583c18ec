import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataYaml } from '../sandbox/growthbook/data-yaml.ts';
import { groupDn, ldapEntries, PROJECTS } from '../sandbox/growthbook/example.ts';
import { type Scenario, startScenario } from './growthbook.ts';

const uids = Array.from({ length: 300 }, (_, n) => `person${n}`);
const dn = (uid: string) => `uid=${uid},ou=people,dc=wikimedia,dc=org`;

const NOBODY_PROTECTED = { GROWTHBOOK_PROTECTED_MEMBERS: '' };

let scenario: Scenario;
beforeAll(async () => {
  const group = (name: 'admin' | 'customelevatedaccess' | 'readonly', members: readonly string[]) => ({
    dn: groupDn(name),
    attributes: { objectClass: ['groupOfNames'], cn: `growthbook-${name}`, member: members.map(dn) },
  });
  const units = ldapEntries().filter((entry) => /^(dc|ou)=/.test(entry.dn));
  scenario = await startScenario({
    entries: [
      ...units,
      ...uids.map((uid) => ({
        dn: dn(uid),
        attributes: { objectClass: ['inetOrgPerson'], uid, cn: uid, sn: uid, mail: `${uid}@example.org` },
      })),
      group('admin', uids.slice(0, 2)),
      group('customelevatedaccess', uids.slice(2, 4)),
      group('readonly', uids),
    ],
    file: dataYaml({
      groups: {
        deployment: uids.slice(2, 3),
        'analytics-wmde-users': uids.slice(3, 4),
        'analytics-product-users': uids.slice(3, 4),
        'analytics-privatedata-users': uids,
      },
    }),
    content: {
      members: uids.map((uid) => ({ id: `u_${uid}`, role: 'readonly', email: `${uid}@example.org` })),
      projects: PROJECTS,
    },
  });
  expect((await scenario.run({}, { ...NOBODY_PROTECTED, SAFETY_MAX_HIGHEST: '2' })).report.outcome).toBe(
    'applied',
  );
});
afterAll(() => scenario.close());

test('a converged run with 300 members: 4 member reads (pages overlap), 1 team read, 1 project read, 1 settings read, 2 gitiles reads, 1 connection and at most 3 searches, no write', async () => {
  const before = {
    growthbook: scenario.growthbook.requests.length,
    gitiles: scenario.gitiles.requests.length,
  };
  const connections = scenario.ldap.connections;
  const { report } = await scenario.run({}, NOBODY_PROTECTED);
  expect([report.outcome, report.counts.unchanged]).toEqual(['unchanged', 300]);
  const paths = scenario.growthbook.requests
    .slice(before.growthbook)
    .map(({ method, path }) => `${method} ${path}`);
  expect(paths.toSorted()).toEqual([
    'GET /api/v1/members',
    'GET /api/v1/members',
    'GET /api/v1/members',
    'GET /api/v1/members',
    'GET /api/v1/projects/prj_experiments',
    'GET /api/v1/settings',
    'GET /api/v1/teams',
  ]);
  expect(scenario.gitiles.requests.length - before.gitiles).toBe(2);
  expect(scenario.ldap.connections - connections).toBe(1);
  expect(report.calls).toMatchObject({
    growthbook: { GET: 7 },
    gitiles: { GET: 2 },
    ldap: { connect: 1, bind: 1 },
  });
  expect(report.calls.ldap?.search).toBeLessThanOrEqual(3);
});
