import { readFileSync } from 'node:fs';
import { ldapCrossChecks, ldapVariables } from '../../directories/ldap/settings.ts';
import { messageOf } from '../../platform/errors.ts';
import {
  httpUrl,
  integer,
  names,
  noQuery,
  oneOf,
  optional,
  required,
  type Setting,
  secret,
  text,
  type Values,
} from '../../platform/settings.ts';
import { type Policy, parsePolicy } from '../../policy/document.ts';
import { commonSettings } from '../common-settings.ts';

const apiHost = (url: URL) =>
  /\/api(\/v\d+)?\/?$/.test(url.pathname) ? 'the API host’s root (/api/v1 is appended)' : noQuery(url);

const policyFrom =
  (read: (value: string) => string) =>
  (description: string, defaultText: string): Setting<Policy> => ({
    ...text(description, defaultText),
    parse: (value) => parsePolicy(read(value)),
  });

/** The document itself. One line without a colon is most likely a path. */
function inline(value: string): string {
  if (/[:\n]/.test(value)) return value;
  throw new Error('a policy document; the path of a file belongs in GROWTHBOOK_POLICY_FILE');
}

function fileContent(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`the path of a file that can be read (${messageOf(error)})`);
  }
}

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
  DATA_YAML_MIN_USERS: integer(0, 1_000_000)('the fewest `users` a whole file has', '100'),
  GROWTHBOOK_API_URL: required(
    httpUrl(apiHost),
    'the root of GrowthBook’s API host; `/api/v1/…` is appended',
  ),
  GROWTHBOOK_LDAP_SYNC_API_KEY: secret(required(text, 'a secret key that may manage the team')),
  GROWTHBOOK_PROJECT: required(text, 'the id of the project (`prj_…`), not its name'),
  GROWTHBOOK_GLOBAL_ROLE: oneOf('readonly', 'noaccess')(
    'the highest global role that a write carries',
    'readonly',
  ),
  GROWTHBOOK_PROTECTED_MEMBERS: names('addresses of members that are never written', ''),
  GROWTHBOOK_POLICY: optional(policyFrom(inline), 'a policy document in YAML instead of `policy.yaml`'),
  GROWTHBOOK_POLICY_FILE: optional(policyFrom(fileContent), 'the path of a file with that document'),
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

/** Faults between the variables. */
export const growthBookCrossChecks = (values: Partial<GrowthBookValues>): readonly string[] => [
  ...ldapCrossChecks(values),
  ...(values.GROWTHBOOK_POLICY && values.GROWTHBOOK_POLICY_FILE
    ? ['GROWTHBOOK_POLICY_FILE: found a value beside GROWTHBOOK_POLICY, allowed: one of the two']
    : []),
];
