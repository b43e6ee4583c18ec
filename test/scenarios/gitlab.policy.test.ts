import { describe, expect } from 'vitest';
import { type GitlabContent, pending } from '../sandbox/gitlab/sandbox.ts';
import { openScenario, type Scenario } from './gitlab.ts';
import { test } from './harness.ts';

const content: GitlabContent = {
  users: ['staff', 'tools', 'phab', 'review', 'new'].map((name, n) => pending(n + 1, name)),
  known: ['staff', 'tools', 'phab', 'review', 'new'],
  groups: { wmf: ['staff', 'phab'], 'project-tools': ['tools', 'phab'] },
  phabricator: ['phab'],
  gerrit: ['review', 'staff'],
  page: '',
};

async function decisions(scenario: Scenario, policy: object) {
  const { report } = await scenario.run({ dryRun: true }, { GITLAB_TRUST_POLICY: JSON.stringify(policy) });
  const lines = scenario.lines.filter(({ event }) => event === 'decision');
  return {
    report,
    kinds: Object.fromEntries(lines.map(({ label, kind, rule }) => [label, [kind, rule]])),
    lines,
  };
}
const rule = (number: number, when: object, over: object = {}) => ({
  rule: number,
  when,
  trust: true,
  ...over,
});

describe('a policy of trust in place of the variables', () => {
  test('asks only the sources that it names', async () => {
    const scenario = await openScenario(content);
    const { report, kinds } = await decisions(scenario, { rules: [rule(7, { ldap: 'project-tools' })] });
    expect(kinds).toMatchObject({ tools: ['approve', 7], phab: ['approve', 7], review: ['skipped', null] });
    expect(report.sources.map(({ name }) => name)).toEqual(['gitlab', 'ldap']);
    expect([scenario.phabricator.requests, scenario.gerrit.requests]).toEqual([[], []]);
    expect(report.notes.filter(({ kind }) => kind === 'off')).toEqual([]);
  });

  test('combines sources: both of two groups, and not a third', async () => {
    const scenario = await openScenario(content);
    const when = { all: [{ ldap: 'wmf' }, { gerrit: 'Trusted-Contributors' }, { not: { ldap: 'ops' } }] };
    const { kinds, lines } = await decisions(scenario, { rules: [rule(1, when)] });
    expect(kinds).toMatchObject({
      staff: ['approve', 1],
      phab: ['skipped', null],
      review: ['skipped', null],
    });
    expect(lines.find(({ label }) => label === 'staff')).toMatchObject({
      because: 'staff is in LDAP wmf and not in LDAP ops; staff is in Gerrit Trusted-Contributors',
      groups: ['ldap:wmf', 'gerrit:Trusted-Contributors'],
    });
  });

  test('asks an optional source only about those for whom it can matter', async () => {
    const scenario = await openScenario(content);
    await decisions(scenario, {
      rules: [
        rule(1, { ldap: 'project-tools' }),
        rule(2, { all: [{ ldap: 'wmf' }, { phabricator: 'trusted-contributors' }] }),
      ],
    });
    const asked = scenario.phabricator.requests.map(
      ({ body }) => new URLSearchParams(body).get('params') ?? '',
    );
    const names = asked.flatMap((params) => JSON.parse(params).ldapnames ?? []);
    expect(names).toEqual(['staff']);
  });

  test('trusts nobody outside its gate, whatever the rules say', async () => {
    const scenario = await openScenario(content);
    const gate = { rule: 9, not: { ldap: 'project-tools' } };
    const { kinds, lines } = await decisions(scenario, { gate, rules: [rule(1, { ldap: 'wmf' })] });
    expect(kinds).toMatchObject({ staff: ['approve', 1], phab: ['skipped', null] });
    expect(lines.find(({ label }) => label === 'phab')).toMatchObject({
      because: 'phab is in LDAP project-tools',
      tried: [
        { rule: 9, answer: 'no' },
        { rule: 1, answer: 'yes' },
      ],
    });
  });

  test('trusts named people until their day, and says so in the notes', async () => {
    const scenario = await openScenario(content);
    const day = (days: number) =>
      new Date(scenario.clock.now() + days * 86_400_000).toISOString().slice(0, 10);
    const rules = [
      rule(1, { user: 'NEW' }, { expires: day(2), reason: 'hackathon' }),
      rule(2, { user: 'review' }, { expires: day(0) }),
    ];
    const { report, kinds } = await decisions(scenario, { rules });
    expect(kinds).toMatchObject({ new: ['approve', 1], review: ['skipped', null] });
    expect(
      report.notes.filter(({ kind }) => kind.startsWith('expir')).map(({ kind, label }) => [kind, label]),
    ).toEqual([
      ['expired', 'rule 2'],
      ['expiring', 'rule 1'],
    ]);
  });

  test('a source that it needs and that does not answer leaves those accounts undecided', async () => {
    const scenario = await openScenario(content);
    scenario.gerrit.addFault({
      when: () => true,
      effect: { kind: 'answer', answer: { status: 403, body: 'no', headers: {} } },
    });
    const when = { all: [{ ldap: 'wmf' }, { not: { gerrit: 'Trusted-Contributors' } }] };
    const { report, kinds } = await decisions(scenario, { rules: [rule(1, when)] });
    expect(kinds).toMatchObject({
      staff: ['undecided', null],
      phab: ['undecided', null],
      new: ['skipped', null],
    });
    expect(report.outcome).toBe('source-failed');
  });

  test('publishes the description of its rule as the kind of trust, and without one the number', async () => {
    const scenario = await openScenario(content);
    const policy = {
      rules: [rule(1, { ldap: 'project-tools' }, { description: 'a volunteer' }), rule(5, { ldap: 'wmf' })],
    };
    await scenario.run({}, { GITLAB_TRUST_POLICY: JSON.stringify(policy) });
    expect(scenario.auditPage()).toContain('@tools]] was approved. (a volunteer)');
    expect(scenario.auditPage()).toContain('@staff]] was approved. (rule 5)');
  });

  test('is a fault of the settings where it is no policy', async () => {
    const scenario = await openScenario(content);
    const { report } = await scenario.run({}, { GITLAB_TRUST_POLICY: 'trust.yaml' });
    expect(report.outcome).toBe('invalid-settings');
    expect(report.error).toContain('GITLAB_TRUST_POLICY_FILE');
  });
});
