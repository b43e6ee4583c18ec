/** Finds the secrets among the settings of a job. */

import { MAX_SECRET_LENGTH } from './check-setting-text.ts';
import { findValue } from './find-setting.ts';
import type { Environment, SettingsSpec } from './setting-types.ts';

/** Forms of tokens that GitLab, GrowthBook and Phabricator hand out. */
export const TOKEN_FORM = /(?:^|[\s"'`,;=])(?:glpat-|secret_|api-)\S/;

/** The same, but long enough to be certain: a host or a group may be called `api-users`. */
const TOKEN = /(?<![^\s"'`,;=])(?:glpat-[\w.-]{8,}|(?:secret_|api-)(?=\w*\d)\w{16,})/;

/** Minimum length of a value that is removed: shorter ones occur by chance. */
const MIN_SECRET_LENGTH = 8;

/** The values of all secret settings, and what looks like a secret in other settings: they are removed from everything that leaves the process. */
export const secretsIn = (spec: SettingsSpec, environment: Environment): readonly string[] =>
  Object.entries(spec)
    .map((entry) => {
      const text = findValue(entry, environment).text ?? '';
      return entry[1].secret ? text : (TOKEN.exec(text)?.[0] ?? '');
    })
    // A longer value is refused, so it is never used.
    .filter(({ length }) => length >= MIN_SECRET_LENGTH && length <= MAX_SECRET_LENGTH);

/** The values of all secret settings, however short. */
export const allSecrets = (spec: SettingsSpec, environment: Environment): readonly string[] =>
  Object.entries(spec)
    .filter(([, { secret }]) => secret)
    .map((entry) => findValue(entry, environment).text ?? '')
    .filter((text) => text !== '');
