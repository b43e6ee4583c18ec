import { expect } from 'vitest';
import { pending } from '../sandbox/gitlab/sandbox.ts';
import { openScenario, type Scenario } from './gitlab.ts';
import { test } from './harness.ts';

const people = (n: number) => Array.from({ length: n }, (_, index) => `person${index}`);
const waiting = (n: number) => ({
  users: people(n).map((uid, index) => pending(index + 1, uid)),
  groups: { wmf: people(n) },
});

async function refused(scenario: Scenario, names: readonly string[], environment = {}): Promise<string> {
  const { report } = await scenario.run({}, environment);
  expect([report.outcome, report.exitCode, report.objections.map(({ name }) => name)]).toEqual([
    'refused',
    2,
    names,
  ]);
  expect([scenario.approvalsSent(), scenario.editsSent()]).toEqual([[], 0]);
  return report.planHash ?? '';
}

test('more approvals than allowed are refused, and carried out by the plan’s hash', async () => {
  const scenario = await openScenario(waiting(21));
  const hash = await refused(scenario, ['approvals']);
  const { report } = await scenario.run({ approval: { hash, reason: 'a workshop' } });
  expect([report.outcome, scenario.approvalsSent()]).toEqual(['applied', people(21).map((_, n) => n + 1)]);
});

test('everybody trusted among more than a hundred is refused even where so many are allowed', async () => {
  const scenario = await openScenario(waiting(101));
  const hash = await refused(scenario, ['everybody-trusted'], { SAFETY_MAX_APPROVALS: '500' });
  await refused(scenario, ['approvals', 'everybody-trusted']);
  expect(hash).toMatch(/^sha256:/);
});

const hashes = async (change: (scenario: Scenario) => void, environment = {}) => {
  const both: (string | null)[] = [];
  const scenario = await openScenario(waiting(2));
  both.push((await scenario.run({ dryRun: true })).report.planHash);
  change(scenario);
  both.push((await scenario.run({ dryRun: true }, environment)).report.planHash);
  return both;
};

test.each<readonly [string, boolean, (scenario: Scenario) => void, Readonly<Record<string, string>>]>([
  ['nothing', true, () => undefined, {}],
  ['the order of accounts', true, ({ gitlab }) => void gitlab.state.users.reverse(), {}],
  [
    'an account’s name for display',
    true,
    ({ gitlab }) => void Object.assign(gitlab.state.users[0] ?? {}, { name: 'X' }),
    {},
  ],
  [
    'the spelling of an identity',
    false,
    ({ gitlab }) =>
      void Object.assign(gitlab.state.users[0] ?? {}, {
        identities: [{ provider: 'openid_connect', extern_uid: 'PERSON0' }],
      }),
    {},
  ],
  [
    'the provider of an identity',
    false,
    ({ gitlab }) =>
      void Object.assign(gitlab.state.users[0] ?? {}, {
        identities: [{ provider: 'cas3', extern_uid: 'person0' }],
      }),
    {},
  ],
  ['the rule', false, () => undefined, { TRUSTED_LDAP_GROUPS: 'nda', TOOLFORGE_LDAP_GROUP: 'wmf' }],
  ['who waits', false, ({ gitlab }) => void gitlab.state.users.pop(), {}],
  ['the server’s origin', false, () => undefined, { GITLAB_URL: 'localhost' }],
])('a change of %s keeps the hash: %s', async (_, same, change, environment) => {
  let over = environment;
  const both = await hashes((scenario) => {
    change(scenario);
    const { GITLAB_URL } = environment;
    if (GITLAB_URL)
      over = Object.assign(environment, {
        GITLAB_URL: scenario.gitlab.origin.replace('127.0.0.1', GITLAB_URL),
      });
  }, over);
  expect(both[0]).toMatch(/^sha256:/);
  expect(both[0] === both[1]).toBe(same);
});
