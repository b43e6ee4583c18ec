import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { defaultPolicy } from '../../src/jobs/growthbook-roles/policy.ts';
import { openScenario, type Scenario } from './growthbook.ts';
import { test } from './harness.ts';

let scenario: Scenario;
let folder: string;
beforeEach(async () => {
  scenario = await openScenario();
  folder = mkdtempSync(join(tmpdir(), 'muster-policy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const { order } = defaultPolicy();
const document = (over: object): string => JSON.stringify({ order, otherwise: { rule: 9 }, ...over });
const LAX = { SAFETY_MAX_COUNT: '100', SAFETY_MAX_HIGHEST: '100', SAFETY_MAX_GAINED_COUNT: '100' };

/** What the policy makes of each account: its role after the run, and its rule. */
async function planned(policy: string) {
  const { report } = await scenario.run({ dryRun: true }, { ...LAX, GROWTHBOOK_POLICY: policy });
  const decisions = scenario.lines.filter(({ event }) => event === 'decision');
  return { report, of: (label: string) => decisions.find((line) => line.label === label) };
}

describe('sources are read only where the policy names them', () => {
  test('without a POSIX group data.yaml is not asked for', async () => {
    const policy = document({
      gate: 'none',
      rules: [{ rule: 2, when: { ldap: 'growthbook-readonly' }, role: 'readonly' }],
    });
    const { report, of } = await planned(policy);
    expect(report.outcome, report.error ?? '').toBe('planned');
    expect(report.sources.map(({ name }) => name)).toEqual(['growthbook', 'ldap']);
    expect(scenario.gitiles.requests).toEqual([]);
    // Iris is outside the gate of the default policy.
    expect(of('iris@example.org')).toMatchObject({ kind: 'unchanged', rule: 2 });
  });

  test('people of a POSIX group that gives a role alone are looked up by user name', async () => {
    const policy = document({
      gate: 'none',
      rules: [{ rule: 2, when: { posix: 'analytics-wmde-users' }, role: 'analyst' }],
    });
    const { of } = await planned(policy);
    expect(of('efua@example.org')).toMatchObject({
      kind: 'upgrade',
      rule: 2,
      groups: ['posix:analytics-wmde-users'],
    });
  });

  test('named users are looked up too, and their rule ends on its day', async () => {
    const now = new Date(scenario.clock.now());
    const day = (days: number) => new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10);
    const rule = (number: number, user: string, expires: string) => ({
      rule: number,
      description: 'on call',
      when: { user },
      role: 'engineer',
      expires,
      reason: 'the holidays',
    });
    const rules = [rule(2, 'XENA', day(3)), rule(3, 'gwen', day(-1)), rule(4, 'hiro', day(30))];
    const { report, of } = await planned(document({ gate: 'none', rules }));
    expect(of('xena@example.org')).toMatchObject({
      kind: 'grant',
      rule: 2,
      because: 'xena is the user XENA',
    });
    expect(of('gwen@example.org')).toMatchObject({ kind: 'revoke', rule: 9 });
    expect(of('hiro@example.org')).toMatchObject({ kind: 'grant', rule: 4 });
    expect(report.notes.filter(({ kind }) => kind.startsWith('expir'))).toEqual([
      {
        kind: 'expired',
        account: null,
        label: 'rule 3 (on call)',
        because: `expired on ${day(-1)}; its reason: the holidays`,
      },
      {
        kind: 'expiring',
        account: null,
        label: 'rule 2 (on call)',
        because: `expires on ${day(3)}; its reason: the holidays`,
      },
    ]);
  });
});

describe('conditions', () => {
  test('not: a member of one group who is in another has nothing', async () => {
    const when = { all: [{ ldap: 'growthbook-readonly' }, { not: { ldap: 'growthbook-admin' } }] };
    const { of } = await planned(document({ gate: 'none', rules: [{ rule: 2, when, role: 'readonly' }] }));
    expect(of('gwen@example.org')).toMatchObject({
      kind: 'unchanged',
      because: 'gwen is in LDAP growthbook-readonly and not in LDAP growthbook-admin',
      groups: ['ldap:growthbook-readonly'],
    });
    expect(of('yuki@example.org')).toMatchObject({ kind: 'revoke', rule: 9 });
  });

  test('not: a group that does not exist fails the source, though nobody is in it', async () => {
    const when = { all: [{ ldap: 'growthbook-readonly' }, { not: { ldap: 'left' } }] };
    const { report } = await planned(
      document({ gate: 'none', rules: [{ rule: 2, when, role: 'readonly' }] }),
    );
    expect(report.outcome).toBe('source-failed');
    expect(report.error).toMatch(/groups missing \(found left/);
  });
});

describe('a policy in a file', () => {
  test('decides as the same policy in the variable', async () => {
    const path = join(folder, 'policy.yaml');
    const text = JSON.stringify({ ...defaultPolicy(), rules: defaultPolicy().rules.slice(2) });
    writeFileSync(path, text);
    const hashes = [{ GROWTHBOOK_POLICY_FILE: path }, { GROWTHBOOK_POLICY: text }, {}].map(
      async (environment) => (await scenario.run({ dryRun: true }, environment)).report.planHash,
    );
    const [file, inline, none] = await Promise.all(hashes);
    expect(file).toBe(inline);
    expect(file).not.toBe(none);
  });

  test.each([
    [{ GROWTHBOOK_POLICY: './policy.yaml' }, /GROWTHBOOK_POLICY: .*GROWTHBOOK_POLICY_FILE/],
    [{ GROWTHBOOK_POLICY_FILE: '/nowhere/policy.yaml' }, /GROWTHBOOK_POLICY_FILE: .*no such file/],
    [
      { GROWTHBOOK_POLICY_FILE: 'FOLDER/policy.yaml', GROWTHBOOK_POLICY: JSON.stringify(defaultPolicy()) },
      /GROWTHBOOK_POLICY_FILE: .*beside GROWTHBOOK_POLICY/,
    ],
  ])('%j is a fault of the settings', async (environment, fault) => {
    writeFileSync(join(folder, 'policy.yaml'), JSON.stringify(defaultPolicy()));
    const set = Object.entries(environment).map(([name, value]) => [name, value.replace('FOLDER', folder)]);
    const { report } = await scenario.run({ dryRun: true }, Object.fromEntries(set));
    expect(report.outcome).toBe('invalid-settings');
    expect(report.error).toMatch(fault);
  });
});
