import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isChange, makePlan } from '../../../src/engine/plan.ts';
import type { PlanIdentity } from '../../../src/engine/stage-types.ts';
import {
  highestFirst,
  type Projects,
  projectOf,
} from '../../../src/jobs/growthbook-roles/managed-projects.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import type { RoleFacts } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { resolveProjects } from '../../../src/jobs/growthbook-roles/resolve-projects.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import { parsePolicy } from '../../../src/policy/policy-document.ts';
import { type Access, currentAccess } from '../../../src/targets/growthbook/access.ts';
import { afterWrite } from '../../../src/targets/growthbook/role-update.ts';
import type { Member } from '../../../src/targets/growthbook/schema.ts';
import { entry, facts, GATE, member, person } from '../../fixtures.ts';

const PROJECTS = ['prj_a', 'prj_b', 'prj_c'] as const;
const { order } = defaultPolicy();
const [ADMIN, CUSTOM, READ] = ['growthbook-admin', 'growthbook-customelevatedaccess', 'growthbook-readonly'];
const policies = [
  defaultPolicy(),
  parsePolicy(
    JSON.stringify({
      order,
      gate: 'none',
      rules: [
        { rule: 2, when: { ldap: ADMIN }, role: 'engineer' },
        { rule: 3, when: { ldap: CUSTOM }, role: 'admin' },
      ],
      otherwise: { rule: 5 },
    }),
  ),
];
const projects: Projects = {
  areNamed: true,
  all: policies.map((policy, n) => ({
    policy: policyAt(policy, 0),
    access: {
      order,
      project: PROJECTS[n] ?? '',
      maxGlobalRole: 'readonly',
      otherProjects: PROJECTS.slice(0, 2).filter((_, index) => index !== n),
    },
  })),
};
const identity: PlanIdentity<Access, Member> = {
  target: {},
  compare: highestFirst(projects),
  hashInput: ({ account, project, kind, from, to }) => ({ account, project, kind, from, to }),
};

const role = fc.constantFrom(...order, 'superhero');
const somebody = fc.record({
  globalRole: role,
  additional: fc.subarray(['engineer', 'superhero'], { maxLength: 1 }),
  entries: fc.tuple(...PROJECTS.map(() => fc.option(role))),
  ldap: fc.subarray([ADMIN, CUSTOM, READ]),
  inGate: fc.boolean(),
});
const organisation = fc.array(somebody, { minLength: 1, maxLength: 5 }).map((people): RoleFacts => {
  const unlimited = { environments: [], limitAccessByEnvironment: false };
  const uids = (isIn: (one: (typeof people)[number]) => boolean) =>
    people.flatMap((one, n) => (isIn(one) ? [`p${n}`] : []));
  return facts({
    people: people.map((_, n) => person(`p${n}`)),
    groups: Object.fromEntries(
      [ADMIN, CUSTOM, READ].map((group) => [group ?? '', uids(({ ldap }) => ldap.includes(group))]),
    ),
    posix: { [GATE]: uids(({ inGate }) => inGate), deployment: uids(() => true) },
    members: people.map((one, n) =>
      member(`p${n}`, {
        globalRole: one.globalRole,
        additionalRoles: one.additional.map((name) => ({ role: name, ...unlimited })),
        projectRoles: one.entries.flatMap((name, index) =>
          name === null ? [] : [entry(name, PROJECTS[index])],
        ),
      }),
    ),
  });
});

/** Carries the plan out in its order; each change has to find the row that it was made from. */
function carriedOut(read: RoleFacts): RoleFacts {
  const rows = new Map(read.members.map((row): [string, Member] => [row.id, row]));
  for (const change of makePlan(resolveProjects(read, projects, []).decisions, identity).changes) {
    const now = rows.get(change.account);
    const { access } = projectOf(projects, change);
    expect(now && currentAccess(now, access)).toEqual(change.from);
    expect(now).toEqual(change.row);
    if (now) rows.set(change.account, afterWrite(now, change.to, access));
  }
  return { ...read, members: [...rows.values()] };
}

describe('several projects', () => {
  test('each change is made from the row as the changes before it leave it', () => {
    fc.assert(
      fc.property(organisation, (read) => void carriedOut(read)),
      { numRuns: 500 },
    );
  });

  test('a plan carried out leaves nothing to plan', () => {
    fc.assert(
      fc.property(organisation, (read) => {
        expect(resolveProjects(carriedOut(read), projects, []).decisions.filter(isChange)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('each member has one decision for each project, and other projects are left alone', () => {
    fc.assert(
      fc.property(organisation, (read) => {
        const { decisions } = resolveProjects(read, projects, []);
        const found = decisions.map(({ account, project }) => `${account} ${project}`).toSorted();
        const wanted = read.members.flatMap(({ id }) =>
          ['prj_a', 'prj_b'].map((project) => `${id} ${project}`),
        );
        expect(found).toEqual(wanted.toSorted());
        const others = (of: RoleFacts) =>
          of.members.map((row) => row.projectRoles.filter(({ project }) => project === 'prj_c'));
        expect(others(carriedOut(read))).toEqual(others(read));
      }),
      { numRuns: 200 },
    );
  });

  test('somebody without a member is pending on each project that gives something', () => {
    const read = facts({ people: [person('ann')], groups: { [ADMIN ?? '']: ['ann'] } });
    expect(resolveProjects(read, projects, []).decisions).toMatchObject([
      { kind: 'pending-sign-in', project: 'prj_b', rule: 2 },
    ]);
  });

  test('a note that is the same for all projects is listed once', () => {
    const { notes } = resolveProjects(facts({}), projects, ['gone@example.org']);
    expect(notes).toMatchObject([{ kind: 'protected', label: 'gone@example.org' }]);
  });
});
