import { describe, expect, test } from 'vitest';
import { factsFormat } from '../../../src/jobs/growthbook-roles/facts-format.ts';
import type { Projects } from '../../../src/jobs/growthbook-roles/managed-projects.ts';
import { defaultPolicy } from '../../../src/jobs/growthbook-roles/policy.ts';
import type { RoleFacts } from '../../../src/jobs/growthbook-roles/resolve.ts';
import { InvalidRequestError } from '../../../src/platform/errors.ts';
import { policyAt } from '../../../src/policy/dated-policy.ts';
import { entry, member, PROJECT, person, team } from '../../fixtures.ts';

const rules = [{ rule: 2, when: { all: [{ ldap: 'g' }, { ldap: 'h' }, { posix: 'p' }] }, role: 'admin' }];
const policyWith = (more: object) => policyAt({ ...defaultPolicy(), gate: 'none', rules, ...more }, 0);
const access = { order: defaultPolicy().order, project: PROJECT, maxGlobalRole: 'readonly' };
const projects: Projects = { areNamed: false, all: [{ policy: policyWith({}), access }] };
const format = () => factsFormat(projects);

const [ann, odd] = [person('ann'), person('odd', { unreadable: 'two uids' })];
const members = [member('u', { projectRoles: [entry('admin')] })];
const teams = [team('t', { role: 'engineer' })];
const facts: RoleFacts = {
  people: [ann, odd],
  membersOf: new Map([
    ['g', [odd, ann]],
    ['h', []],
  ]),
  posix: {
    membersOf: new Map([['p', new Set(['ann', 'cid'])]]),
    sizeOf: new Map([['p', 3]]),
    absent: new Set(['gone']),
    known: new Set(['ann', 'cid', 'gone']),
    dangling: [{ group: 'p', name: 'x' }],
    expiring: [{ name: 'ann', on: '2026-06-01' }],
    repeatedKeys: ['a: lines 1 and 2'],
  },
  members,
  teams,
  defaultRole: 'noaccess',
};
const recorded = {
  people: [ann, odd],
  membersOf: { g: [odd.dn, ann.dn], h: [] },
  posix: {
    membersOf: { p: ['ann', 'cid'] },
    sizeOf: { p: 3 },
    absent: ['gone'],
    known: ['ann', 'cid', 'gone'],
    dangling: [{ group: 'p', name: 'x' }],
    expiring: [{ name: 'ann', on: '2026-06-01' }],
    repeatedKeys: ['a: lines 1 and 2'],
  },
  members,
  teams,
  defaultRole: 'noaccess',
};

test('facts are recorded as objects and lists, and read back as they were', () => {
  expect(format().toJson(facts)).toStrictEqual(recorded);
  expect(format().fromJson(structuredClone(recorded))).toStrictEqual(facts);
});

test('a default role that was not read is no key', () => {
  const { defaultRole: _, ...without } = facts;
  const { defaultRole: __, ...json } = recorded;
  expect(format().toJson(without)).toStrictEqual(json);
  expect(format().fromJson(structuredClone(json))).toStrictEqual(without);
});

test('people in groups are the same values as in the list', () => {
  const read = format().fromJson(structuredClone(recorded));
  expect(read.membersOf.get('g')?.[1]).toBe(read.people[0]);
});

describe('a recording', () => {
  const fault = (value: unknown, of = format()) => {
    try {
      of.fromJson(value);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidRequestError);
      return (error as Error).message;
    }
    throw new Error('no fault');
  };

  test.each([
    ['LDAP', { membersOf: {} }, 'g, h'],
    ['LDAP', { membersOf: { g: [] } }, 'h'],
    ['POSIX', { posix: { ...recorded.posix, membersOf: {} } }, 'p'],
  ])('has to have each %s group that the policy names: %j', (source, over, missing) => {
    expect(fault({ ...recorded, ...over })).toBe(
      `recording: the policy names ${source} groups that were not recorded (found ${missing}; record with --policy FILE)`,
    );
  });

  test('has to have the groups of each project', () => {
    const second = policyWith({ rules: [{ rule: 2, when: { ldap: 'constructor' }, role: 'admin' }] });
    const both = { areNamed: true, all: [...projects.all, { policy: second, access }] };
    expect(fault(recorded, factsFormat(both))).toContain('were not recorded (found constructor;');
  });

  test('has nobody in a group who is not in the list', () => {
    expect(fault({ ...recorded, membersOf: { g: [], h: ['uid=x'] } })).toBe(
      'recording: facts.membersOf.h: uid=x is not in facts.people (found 2 others, allowed: the DN of one of them)',
    );
    expect(fault({ ...recorded, membersOf: { g: [], h: ['x'.repeat(201)] } })).toBe(
      `recording: facts.membersOf.h: ${'x'.repeat(200)} is not in facts.people (found 2 others, allowed: the DN of one of them)`,
    );
  });

  test.each([
    ['facts.people.0.uid', { people: [{ ...ann, uid: 1 }] }],
    ['facts.membersOf.g', { membersOf: { g: 'ann' } }],
    ['facts.posix.sizeOf.p', { posix: { ...recorded.posix, sizeOf: { p: -1 } } }],
    ['facts.posix.dangling.0.name', { posix: { ...recorded.posix, dangling: [{ group: 'p' }] } }],
    ['facts.members.0.globalRole', { members: [{ ...members[0], globalRole: '' }] }],
    ['facts.teams.0.id', { teams: [{ role: 'x' }] }],
    ['facts.defaultRole', { defaultRole: null }],
  ])('names what has another form: %s', (path, over) => {
    expect(fault({ ...recorded, ...over })).toContain(`recording: ${path}: `);
  });

  test('has no other keys', () => {
    expect(fault({ ...recorded, more: 1 })).toContain('more');
  });
});
