/** The settings in effect, without secrets, and where each comes from. */

import { findValue } from './find-setting.ts';
import { allSecrets, TOKEN_FORM } from './setting-secrets.ts';
import type { Environment, Setting, SettingsSpec } from './setting-types.ts';

/** One setting as it is in effect, without secrets, and where it comes from. */
export interface EffectiveSetting {
  readonly name: string;
  readonly value: string;
  readonly from: string;
  readonly isSecret: boolean;
}

/** The effective settings of a job, errors included: what is in the environment, a file, `.env`, or the default. */
export function describeSettings(
  { settings }: { readonly settings: SettingsSpec },
  environment: Environment,
): readonly EffectiveSetting[] {
  const secrets = allSecrets(settings, environment);
  return Object.entries(settings).map(([name, setting]) => {
    const { text, from, error } = findValue([name, setting], environment);
    const isSet = text !== undefined && text !== '';
    const value = isSet
      ? display(setting, text, secrets).replace(/^"(.*)"$/s, '$1')
      : (setting.defaultText ?? '');
    const origin = isSet || error ? from : setting.defaultText === null ? 'not set' : 'default';
    return { name, value: error ?? value, from: origin, isSecret: setting.secret };
  });
}

/** A value for a message: on one line, shortened, and without secrets, what is before an `@`, and queries. */
export function display(
  { secret: isSecret }: Setting<unknown>,
  found: string | undefined,
  secrets: readonly string[],
): string {
  if (!found) return 'nothing';
  if (isSecret) return `${found.length} characters`;
  if (secrets.includes(found) || TOKEN_FORM.test(found))
    return `${found.length} characters that look like a secret`;
  const line = found
    .replace(/\S{0,200}@/g, '…@')
    .replace(/\?.*/s, '?…')
    .replace(/\s+/g, ' ');
  return `"${line.length > 80 ? `${line.slice(0, 80)}…` : line}"`;
}
