import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Match } from '../../src/engine/explain.ts';
import { DENIED, gitlabExample } from '../sandbox/gitlab/example.ts';
import { type Scenario, startScenario } from './gitlab.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await startScenario(gitlabExample);
});
afterAll(() => scenario.close());

async function explained(who: string): Promise<Match> {
  const { explanation } = await scenario.run({ explain: who }, { DENIED_ACCOUNTS: DENIED });
  const [match] = explanation?.matches ?? [];
  if (!match) throw new Error(`nobody is called ${who}`);
  return match;
}

describe('why an account still waits, or is approved', () => {
  test.each([
    ['amir', 'approve', 1, /Nothing to do/],
    ['dana', 'approve', 3, /Nothing to do/],
    [
      'gita',
      'skipped',
      null,
      /One of these is needed: to be in LDAP group wmf or .*in LDAP group project-tools, or in Phabricator project/,
    ],
    ['hugo', 'skipped', null, /has denied this account/],
    ['ines', 'skipped', null, /Sign in to GitLab once/],
    ['jian', 'skipped', null, /does not exist in LDAP/],
    ['kofi', 'skipped', null, /Several people in LDAP/],
    ['lena', 'skipped', null, /user name and the developer account differ/],
    ['mika', 'skipped', null, /disabled in LDAP/],
  ])('%s: %s', async (who, kind, rule, advice) => {
    const match = await explained(who.toUpperCase());
    expect(match.decision).toMatchObject({ kind, rule });
    expect(match.advice.join(' ')).toMatch(advice);
    expect(match.decision?.hindrance === null).toBe(kind === 'approve');
  });

  test('shows each rule, and those after the first yes as not asked', async () => {
    const { rules } = await explained('amir');
    expect(rules.map(({ rule, answer }) => [rule, answer])).toEqual([
      [1, 'yes'],
      [2, 'off'],
      [3, 'off'],
      [4, 'off'],
    ]);
  });

  test('writes nothing, whatever the mode', async () => {
    await scenario.run({ explain: 'amir', dryRun: false });
    expect(scenario.gitlab.requests.every(({ method }) => method === 'GET')).toBe(true);
  });
});
