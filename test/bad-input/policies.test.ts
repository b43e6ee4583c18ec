import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { unreadableIn } from '../../src/platform/check-setting-text.ts';
import { policyJsonSchema } from '../../src/policy/policy-document.ts';
import { trustJsonSchema } from '../../src/policy/trust-document.ts';
import { gitlabExample } from '../sandbox/gitlab/example.ts';
import { startScenario as startGitlabScenario } from '../scenarios/gitlab.ts';
import { startScenario } from '../scenarios/growthbook.ts';
import { mutantsOf } from './mutants.ts';

const ROLES = parse(
  readFileSync(new URL('../../src/jobs/growthbook-roles/policy.yaml', import.meta.url), 'utf8'),
);
const TRUST = {
  version: 2,
  gate: { not: { ldap: 'denied' } },
  rules: [
    { rule: 2, description: 'organisation', when: { any: [{ ldap: 'wmf' }, { ldap: 'wmde' }] }, trust: true },
    { rule: 3, when: { phabricator: 'trusted' }, trust: true, expires: '2030-01-01', reason: 'a trial' },
  ],
};

const growthbook = await startScenario();
const gitlab = await startGitlabScenario(gitlabExample);
afterAll(() => Promise.all([growthbook.close(), gitlab.close()]));

/** What a JSON Schema refuses, and what has a name that nobody sees. The schema and the parser are compared here. */
function badMutants(document: unknown, schema: object) {
  const isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  const isUnreadable = (value: unknown) =>
    ['order', 'ldap', 'posix', 'phabricator'].some((key) =>
      new RegExp(`"${key}":\\[?"`).test(JSON.stringify(value)),
    ) && unreadableIn(Object.values(namesIn(value)).join()) !== undefined;
  return mutantsOf(document).filter(({ value }) => !isValid(value) || isUnreadable(value));
}

/** All texts of a value that are in the place of a name. */
function namesIn(value: unknown, key = ''): readonly string[] {
  if (typeof value === 'string')
    return ['description', 'reason', 'expires', 'version'].includes(key) ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => namesIn(one, Array.isArray(value) ? key : name));
}

test.each([
  ['roles', 'GROWTHBOOK_POLICY', ROLES, policyJsonSchema()],
  ['trust', 'GITLAB_TRUST_POLICY', TRUST, trustJsonSchema()],
] as const)(
  'a policy of %s with one place spoilt is refused with what was found and what is allowed, and nothing is read',
  async (kind, variable, document, schema) => {
    const bad = badMutants(document, schema);
    const unclear: string[] = [];
    for (const { path, how, value } of bad) {
      const environment = { [variable]: JSON.stringify(value) };
      const { report } =
        kind === 'roles' ? await growthbook.run({}, environment) : await gitlab.run({}, environment);
      const isClear = new RegExp(`${variable}: found .*, allowed: .`, 's').test(report.error ?? '');
      if (report.outcome !== 'invalid-settings' || report.exitCode !== 4 || !isClear)
        unclear.push(`${path}: ${how}: ${report.outcome}: ${report.error}`);
    }
    expect(unclear).toEqual([]);
    expect(bad.length).toBeGreaterThan(300);
    const servers =
      kind === 'roles' ? [growthbook.growthbook, growthbook.gitiles] : [gitlab.gitlab, gitlab.wiki];
    expect(servers.flatMap(({ requests }) => requests)).toEqual([]);
  },
  60_000,
);
