import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectiveAccess, gained } from '../sandbox/growthbook/access.ts';
import { dataYaml } from '../sandbox/growthbook/data-yaml.ts';
import { groupDn, ldapEntries, PROJECT, PROJECTS } from '../sandbox/growthbook/example.ts';
import { validateQuery, validateRoleWrite } from '../sandbox/growthbook/openapi.ts';
import type { MemberSeed, TeamRow } from '../sandbox/growthbook/state.ts';
import { type Scenario, startScenario } from './growthbook.ts';

const ROLES = [
  'noaccess',
  'readonly',
  'collaborator',
  'analyst',
  'engineer',
  'experimenter',
  'CustomElevatedAccess',
  'admin',
];
const ORDER = [
  'noaccess',
  'readonly',
  'collaborator',
  'visualEditor',
  'analyst',
  'engineer',
  'experimenter',
  'CustomElevatedAccess',
  'gbDefault_projectAdmin',
  'admin',
];
const GROUPS = ['admin', 'customelevatedaccess', 'readonly'] as const;
const POSIX = [
  'analytics-product-users',
  'analytics-wmde-users',
  'deployment',
  'analytics-privatedata-users',
] as const;
const GATE = 'analytics-privatedata-users';

const role = fc.constantFrom(...ROLES);
/** A row that the server could hold: only roles that can be limited are. */
const limited = fc
  .record({ role, environments: fc.subarray(['dev', 'production']), limitAccessByEnvironment: fc.boolean() })
  .map((row) =>
    ['engineer', 'experimenter'].includes(row.role)
      ? row
      : { ...row, environments: [], limitAccessByEnvironment: false },
  );
const entry = fc
  .record({
    row: limited,
    project: fc.constantFrom(PROJECT, 'prj_search', 'prj_apps'),
    more: fc.array(limited, { maxLength: 1 }),
  })
  .map(({ row, project, more }) => ({
    ...row,
    project,
    ...(more.length > 0 ? { additionalRoles: more } : {}),
  }));
const entries = fc.uniqueArray(entry, { maxLength: 3, selector: ({ project }) => project });

const person = fc.record({
  row: limited,
  projectRoles: entries,
  additionalRoles: fc.array(limited, { maxLength: 1 }),
  teams: fc.subarray(['team_a', 'team_b']),
  ldap: fc.subarray([...GROUPS]),
  posix: fc.subarray([...POSIX]),
  signedIn: fc.boolean(),
  known: fc.boolean(),
  disabled: fc.boolean(),
  managedByIdp: fc.boolean(),
});
type Person = typeof person extends fc.Arbitrary<infer T> ? T : never;
const team = fc.record({ row: limited, projectRoles: entries });
const organisation = fc.record({
  people: fc.array(person, { minLength: 1, maxLength: 8 }),
  teams: fc.tuple(team, team),
});
type Organisation = typeof organisation extends fc.Arbitrary<infer T> ? T : never;

const dn = (n: number) => `uid=p${n},ou=people,dc=wikimedia,dc=org`;
const personEntry = ({ disabled }: Person, n: number) => ({
  dn: dn(n),
  attributes: {
    objectClass: ['inetOrgPerson'],
    ...{ uid: `p${n}`, cn: `P ${n}`, sn: 'P', mail: `p${n}@example.org` },
    ...(disabled ? { pwdAccountLockedTime: '000001010000Z' } : {}),
  },
});

async function scenarioOf({ people, teams }: Organisation): Promise<Scenario> {
  const units = ldapEntries().filter((one) => /^(dc|ou)=/.test(one.dn));
  const listed = (holds: (one: Person) => boolean) =>
    people.flatMap((one, n) => (one.known && holds(one) ? [n] : []));
  const groups = GROUPS.map((name) => ({
    dn: groupDn(name),
    attributes: {
      objectClass: ['groupOfNames'],
      cn: `growthbook-${name}`,
      member: listed(({ ldap }) => ldap.includes(name)).map(dn),
    },
  }));
  const posix = POSIX.map(
    (name) => [name, listed((one) => one.posix.includes(name)).map((n) => `p${n}`)] as const,
  );
  const members = people.flatMap(
    ({ row, projectRoles, additionalRoles, teams: of, managedByIdp, signedIn }, n): MemberSeed[] =>
      signedIn
        ? [
            {
              id: `u_${n}`,
              email: `P${n}@Example.org`,
              ...row,
              projectRoles,
              additionalRoles,
              teams: of,
              managedByIdp,
            },
          ]
        : [],
  );
  const rows = teams.map(
    ({ row, projectRoles }, n): TeamRow => ({
      id: n === 0 ? 'team_a' : 'team_b',
      name: `Team ${n}`,
      ...row,
      projectRoles,
    }),
  );
  return await startScenario({
    entries: [...units, ...people.map(personEntry), ...groups],
    file: dataYaml({ groups: Object.fromEntries(posix) }),
    content: {
      members: [{ id: 'u_root', email: 'root@example.org', role: 'admin' }, ...members],
      teams: rows,
      projects: PROJECTS,
      environments: ['dev', 'production'],
    },
  });
}

const policy = {
  order: ORDER,
  gate: { rule: 1, posix: GATE },
  rules: [
    { rule: 2, ldap: 'growthbook-admin', role: 'admin' },
    {
      rule: 3,
      ldap: 'growthbook-customelevatedaccess',
      anyPosix: POSIX.slice(0, 3),
      role: 'CustomElevatedAccess',
    },
    { rule: 4, ldap: 'growthbook-readonly', role: 'readonly' },
  ],
  otherwise: { rule: 5 },
  mayBeEmpty: [...GROUPS.map((name) => `growthbook-${name}`), ...POSIX],
};
const LAX = {
  GROWTHBOOK_POLICY: JSON.stringify(policy),
  GROWTHBOOK_PROTECTED_MEMBERS: 'root@example.org',
  ...{ SAFETY_MAX_COUNT: '100', SAFETY_MAX_HIGHEST: '100', SAFETY_MAX_GAINED_COUNT: '100' },
  ...{ SYNC_DEADLINE_SECONDS: '1700', GROWTHBOOK_REQUESTS_PER_MINUTE: '6000' },
};

const holdsFor = (check: (scenario: Scenario, organisation: Organisation) => Promise<void>, numRuns = 40) =>
  fc.assert(
    fc.asyncProperty(organisation, async (organisation) => {
      const scenario = await scenarioOf(organisation);
      try {
        await check(scenario, organisation);
      } finally {
        await scenario.close();
      }
    }),
    { numRuns },
  );

const snapshot = (scenario: Scenario) => structuredClone({ members: scenario.growthbook.state.members });
const grantsOf = (scenario: Scenario, id: string) => effectiveAccess(scenario.growthbook.state, id, PROJECT);

describe('laws, on organisations of any shape', () => {
  test('a plan carried out leaves nothing to plan', async () => {
    await holdsFor(async (scenario) => {
      const { report } = await scenario.run({}, LAX);
      expect(['applied', 'unchanged'], report.error ?? '').toContain(report.outcome);
      const second = (await scenario.run({}, LAX)).report;
      expect([second.outcome, second.changes]).toEqual(['unchanged', []]);
    });
  });

  test('nobody outside the gate gains, and no loss is a gain', async () => {
    await holdsFor(async (scenario, { people }) => {
      const ids = scenario.growthbook.state.members.map(({ id }) => id);
      const before = new Map(ids.map((id) => [id, grantsOf(scenario, id)]));
      const { report } = await scenario.run({}, LAX);
      const lost = report.changes
        .filter(({ kind }) => kind === 'revoke' || kind === 'downgrade')
        .map(({ account }) => account);
      const outside = people.flatMap((one, n) =>
        one.signedIn && !(one.known && one.posix.includes(GATE) && !one.disabled) ? [`u_${n}`] : [],
      );
      for (const id of [...lost, ...outside]) {
        expect(gained(before.get(id) ?? [], grantsOf(scenario, id), ORDER), id).toBe(false);
      }
    });
  });

  test('observing writes nothing', async () => {
    await holdsFor(async (scenario) => {
      const before = snapshot(scenario);
      await scenario.run({}, { ...LAX, MODE: 'observe' });
      await scenario.run({ dryRun: true }, LAX);
      expect(snapshot(scenario)).toEqual(before);
      expect(scenario.posts()).toEqual([]);
    });
  });

  test('other projects’ entries are never changed, global roles never rise, and environment limits are never lifted from them', async () => {
    await holdsFor(async (scenario) => {
      const before = snapshot(scenario).members;
      await scenario.run({}, LAX);
      for (const was of before) {
        const is = scenario.growthbook.member(was.id);
        const others = ({ projectRoles = [] }: typeof was) =>
          projectRoles.filter(({ project }) => project !== PROJECT);
        const plain = (row: typeof was) =>
          others(row).map(
            ({ project, role: of, environments, limitAccessByEnvironment, additionalRoles = [] }) => ({
              ...{
                project,
                of,
                limited: limitAccessByEnvironment === true,
                additional: additionalRoles.map((one) => one.role),
              },
              environments: limitAccessByEnvironment ? environments : [],
            }),
          );
        expect(plain(is)).toEqual(plain(was));
        expect(ORDER.indexOf(is.role)).toBeLessThanOrEqual(ORDER.indexOf(was.role));
      }
    });
  });

  test('every request that is sent fits the published schema', async () => {
    await holdsFor(async (scenario) => {
      await scenario.run({}, LAX);
      for (const { method, path, body, query } of scenario.growthbook.requests) {
        if (method === 'POST') expect(validateRoleWrite(JSON.parse(body))).toEqual([]);
        if (path === '/api/v1/members') expect(validateQuery('/v1/members', query)).toEqual([]);
      }
    });
  });

  test('the order in which things are listed does not matter: the same plan, byte for byte', async () => {
    await holdsFor(async (scenario) => {
      const shown = async () => {
        const { planHash, changes } = (await scenario.run({ dryRun: true }, LAX)).report;
        return JSON.stringify({ planHash, changes });
      };
      const before = await shown();
      scenario.growthbook.state.members.reverse();
      scenario.ldap.entries.reverse();
      for (const { attributes } of scenario.ldap.entries)
        if (Array.isArray(attributes.member)) attributes.member.reverse();
      expect(await shown()).toBe(before);
    });
  });
});

describe('a run that is killed', () => {
  const finalRows = async () => {
    const scenario = await startScenario();
    await scenario.run();
    const rows = snapshot(scenario);
    const requests = scenario.growthbook.requests.length;
    await scenario.close();
    return { rows, requests };
  };

  test.each(['drop', 'lose'] as const)(
    'at any request (%s) leaves a state from which the next run converges',
    async (kind) => {
      const { rows, requests } = await finalRows();
      for (let cut = 1; cut <= requests; cut += 1) {
        const scenario = await startScenario();
        scenario.growthbook.addFault({
          when: () => scenario.growthbook.requests.length === cut,
          effect: { kind },
        });
        scenario.growthbook.addFault({
          when: () => scenario.growthbook.requests.length > cut,
          effect: { kind: 'drop' },
        });
        await scenario.run();
        scenario.growthbook.clearFaults();
        scenario.clock.advance(120_000);
        await scenario.run();
        expect(snapshot(scenario), `cut at request ${cut}`).toEqual(rows);
        await scenario.close();
      }
    },
  );
});
