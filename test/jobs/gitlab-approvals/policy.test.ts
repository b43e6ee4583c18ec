import { expect, test } from 'vitest';
import { defaultTrust } from '../../../src/jobs/gitlab-approvals/policy.ts';

const names = {
  organisations: ['wmf', 'nda', 'wmf'],
  toolforge: 'tools',
  project: 'trusted',
  group: 'Trusted',
};
const rule = (number: number, description: string, when: object) => ({
  rule: number,
  description,
  when,
  role: 'trusted',
});
const others = [
  rule(2, 'Toolforge', { ldap: 'tools' }),
  rule(3, 'Trusted-Contributors in Phabricator', { phabricator: 'trusted' }),
  rule(4, 'Trusted-Contributors in Gerrit', { gerrit: 'Trusted' }),
];

test('the variables are a policy of four rules without a gate', () => {
  expect(defaultTrust(names)).toEqual({
    order: ['untrusted', 'trusted'],
    gate: 'none',
    rules: [rule(1, 'organisation', { any: [{ ldap: 'wmf' }, { ldap: 'nda' }] }), ...others],
    otherwise: { rule: 5 },
    mayBeEmpty: [],
  });
});

test('without a group of an organisation the first rule is left out, and the others keep their numbers', () => {
  expect(defaultTrust({ ...names, organisations: [] }).rules).toEqual(others);
});
