import { ldapCrossChecks, ldapSettings, ldapVariables } from '../../directories/ldap/settings.ts';
import { addresses, token, word } from '../../platform/setting-kinds.ts';
import {
  httpUrl,
  integer,
  noQuery,
  oneOf,
  optional,
  required,
  secret,
  type Values,
} from '../../platform/settings.ts';
import type { ProjectPolicy } from '../../policy/policy.ts';
import { parsePolicies } from '../../policy/policy-document.ts';
import { commonSettings } from '../common-settings.ts';
import { policyDocument, policyFile, policyGivenTwice } from '../policy-settings.ts';

const apiHost = (url: URL) =>
  /\/api(\/v\d+)?\/?$/.test(url.pathname) ? 'the API host’s root (/api/v1 is appended)' : noQuery(url);

const many = integer(0, 100_000);
const percent = integer(0, 100);

/** Every variable that `growthbook-roles` reads. */
export const growthBookSettings = {
  ...commonSettings(240),
  ...ldapVariables(null),
  DATA_YAML_URL: httpUrl()(
    'puppet’s `data.yaml`; with `format=TEXT` it comes in base64, and a gitiles branch is pinned to a commit',
    'https://gerrit.wikimedia.org/r/plugins/gitiles/operations/puppet/+/refs/heads/production/modules/admin/data/data.yaml?format=TEXT',
  ),
  DATA_YAML_MIN_USERS: integer(0, 1_000_000)(
    'minimum number of `users`; fewer mean that the file is incomplete',
    '100',
  ),
  SOURCE_MAX_INCOMPLETE_PERCENT: percent(
    'people of the policy’s groups without an address, and members of a group who are nobody: more than this percentage fails the run',
    '10',
  ),
  SOURCE_MAX_INCOMPLETE_COUNT: many('or this many, whichever is more', '1'),
  GROWTHBOOK_API_URL: required(
    httpUrl(apiHost),
    'the root of GrowthBook’s API host; `/api/v1/…` is appended',
  ),
  GROWTHBOOK_LDAP_SYNC_API_KEY: secret(required(token, 'a secret key that may manage the team')),
  GROWTHBOOK_PROJECT: optional(
    word,
    'the id of the project (`prj_…`), not its name; required unless the policy is a list of projects',
  ),
  GROWTHBOOK_GLOBAL_ROLE: oneOf('readonly', 'noaccess')(
    'the highest global role that a write gives',
    'readonly',
  ),
  GROWTHBOOK_PROTECTED_MEMBERS: addresses('addresses of members that are never written', ''),
  GROWTHBOOK_POLICY: optional(
    policyDocument(parsePolicies, 'GROWTHBOOK_POLICY_FILE'),
    'a policy document in YAML instead of `policy.yaml`, or a list of `{project, policy}`',
  ),
  GROWTHBOOK_POLICY_FILE: optional(policyFile(parsePolicies), 'the path of a file with that document'),
  GROWTHBOOK_REQUESTS_PER_MINUTE: integer(1, 6000)('requests a minute, at the most', '60'),
  SAFETY_MAX_COUNT: many('revokes in one run, and downgrades: this many', '5'),
  SAFETY_MAX_PERCENT: percent('or this percentage of the accounts decided on, whichever is more', '10'),
  SAFETY_MAX_HIGHEST: many('changes in one run that end in the policy’s highest role', '3'),
  SAFETY_MAX_GAINED_COUNT: many('grants and upgrades in one run: this many', '10'),
  SAFETY_MAX_GAINED_PERCENT: percent(
    'or this percentage of the accounts decided on, whichever is more',
    '25',
  ),
};
export type GrowthBookValues = Values<typeof growthBookSettings>;

/** The settings by what they are about, in the form that the stages use. */
export const roleSettings = (values: GrowthBookValues) => ({
  ldap: ldapSettings(values),
  posix: { url: values.DATA_YAML_URL, minUsers: values.DATA_YAML_MIN_USERS },
  incomplete: {
    percent: values.SOURCE_MAX_INCOMPLETE_PERCENT,
    count: values.SOURCE_MAX_INCOMPLETE_COUNT,
  },
  server: {
    root: values.GROWTHBOOK_API_URL,
    apiKey: values.GROWTHBOOK_LDAP_SYNC_API_KEY,
    perMinute: values.GROWTHBOOK_REQUESTS_PER_MINUTE,
  },
  limits: {
    count: values.SAFETY_MAX_COUNT,
    percent: values.SAFETY_MAX_PERCENT,
    highest: values.SAFETY_MAX_HIGHEST,
    gainedCount: values.SAFETY_MAX_GAINED_COUNT,
    gainedPercent: values.SAFETY_MAX_GAINED_PERCENT,
  },
  protectedMembers: values.GROWTHBOOK_PROTECTED_MEMBERS,
});
export type RoleSettings = ReturnType<typeof roleSettings>;

/** Errors between the variables. */
export const growthBookCrossChecks = (values: Partial<GrowthBookValues>): readonly string[] => [
  ...ldapCrossChecks(values),
  ...policyGivenTwice(values, 'GROWTHBOOK_POLICY'),
  ...projectErrors(values),
];

function projectErrors(values: Partial<GrowthBookValues>): readonly string[] {
  const project = values.GROWTHBOOK_PROJECT;
  const policy = values.GROWTHBOOK_POLICY ?? values.GROWTHBOOK_POLICY_FILE;
  const listed = Array.isArray(policy) ? policy.map((one: ProjectPolicy) => one.project) : undefined;
  if (!listed && project === undefined)
    return [
      'GROWTHBOOK_PROJECT: found nothing, allowed: the id of the project (`prj_…`), not its name (required)',
    ];
  if (!listed || project === undefined || listed.includes(project)) return [];
  return [
    `GROWTHBOOK_PROJECT: found "${project}", allowed: a project of the policy's list (${listed.join(', ')})`,
  ];
}
