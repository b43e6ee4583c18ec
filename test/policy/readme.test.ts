import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type GitlabValues, gitlabSettings, trustPolicy } from '../../src/jobs/gitlab-approvals/settings.ts';
import { readSettings } from '../../src/platform/settings.ts';
import { parsePolicies, parsePolicy } from '../../src/policy/policy-document.ts';
import { parseTrust } from '../../src/policy/trust-document.ts';

const [roles = '', list = '', trust = ''] = [
  ...readFileSync(new URL('../../src/policy/README.md', import.meta.url), 'utf8').matchAll(
    /```yaml\n(.*?)```/gs,
  ),
].map(([, text]) => text);

test('the example of a policy is one', () => {
  expect(parsePolicy(roles).rules.map(({ rule }) => rule)).toEqual([2, 3, 4]);
});

test('the example of a list of projects is one', () => {
  expect(parsePolicies(list)).toMatchObject([{ project: 'prj_experiments' }, { project: 'prj_search' }]);
});

test('the policy of trust that the page shows is the one of the variables', () => {
  const values: GitlabValues = readSettings(
    gitlabSettings,
    { GITLAB_ACCESS_TOKEN: 'x' },
    { crossChecks: () => [], known: [] },
  );
  expect(trustPolicy(values)).toEqual(parseTrust(trust));
});
