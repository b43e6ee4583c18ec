import { readFileSync } from 'node:fs';
import { MAX_SECRET_LENGTH } from './check-setting-text.ts';
import { ENVIRONMENT_SOURCE } from './environment-source.ts';
import { messageOf } from './errors.ts';
import type { Environment, Setting, SettingsSpec } from './setting-types.ts';

/** The variable that names a file with the value of a secret setting: Kubernetes, Docker and systemd hand secrets over so. */
export const fileVariable = (name: string): string => `${name}_FILE`;

/** The text of one variable as it was found, and where. `fault` says why it cannot be used. */
export interface FoundValue {
  readonly text: string | undefined;
  readonly from: string;
  readonly fault?: string;
}

/** Finds a variable's text; a secret's may be in the file that `NAME_FILE` names. White space at the ends is cut, from a password only line ends. */
export function findValue(
  [name, setting]: readonly [string, Setting<unknown>],
  environment: Environment,
): FoundValue {
  const own = trimmed(setting, environment[name]);
  const path = setting.secret ? environment[fileVariable(name)]?.trim() : undefined;
  if (!path) {
    const from = environment[ENVIRONMENT_SOURCE]?.fileOf.get(name);
    return { text: own, from: own === undefined ? 'not set' : (from ?? 'environment') };
  }
  const from = `file (${fileVariable(name)})`;
  if (own !== undefined)
    return { text: own, from, fault: `${fileVariable(name)}: found beside ${name}, allowed: one of the two` };
  try {
    return { text: trimmed(setting, readFileSync(path, 'utf8')), from };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? messageOf(error);
    const fault = `${fileVariable(name)}: found a path that cannot be read (${code}), allowed: a file with the secret`;
    return { text: undefined, from, fault };
  }
}

function trimmed({ keepsSpaces }: Setting<unknown>, value: string | undefined): string | undefined {
  const text = value?.trim();
  return keepsSpaces && text
    ? value
        ?.replace(/^[\r\n]+/, '')
        .replace(/[\r\n]$/, '')
        .replace(/[\r\n]$/, '')
    : text;
}

/** Forms of tokens that GitLab, GrowthBook and Phabricator hand out. */
const TOKEN_FORM = /(?:^|[\s"'`,;=])(?:glpat-|secret_|api-)\S/;

/** The same, but so long that it can be nothing else: a host or a group may be called `api-users`. */
const TOKEN = /(?<![^\s"'`,;=])(?:glpat-[\w.-]{8,}|(?:secret_|api-)(?=\w*\d)\w{16,})/;

/** Shorter values are too likely to be a part of something else. */
const MIN_SECRET_LENGTH = 8;

/** The values of all secret settings, and what looks like a secret in any other: for cutting them out of whatever leaves the process. */
export const secretsIn = (spec: SettingsSpec, environment: Environment): readonly string[] =>
  Object.entries(spec)
    .map((entry) => {
      const text = findValue(entry, environment).text ?? '';
      return entry[1].secret ? text : (TOKEN.exec(text)?.[0] ?? '');
    })
    // A longer one is refused, so it goes nowhere.
    .filter(({ length }) => length >= MIN_SECRET_LENGTH && length <= MAX_SECRET_LENGTH);

/** What was found, on one line and not too long of it: never a secret, whatever variable it is in, and never what is before an `@` or in a query. */
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

/** The values of all secret settings, however short. */
export const allSecrets = (spec: SettingsSpec, environment: Environment): readonly string[] =>
  Object.entries(spec)
    .filter(([, { secret }]) => secret)
    .map((entry) => findValue(entry, environment).text ?? '')
    .filter((text) => text !== '');

/** One setting as it is in effect, without secrets, and where it comes from. */
export interface EffectiveSetting {
  readonly name: string;
  readonly value: string;
  readonly from: string;
  readonly isSecret: boolean;
}

/** The effective settings of a job, faults included: what is in the environment, a file, `.env`, or the default. */
export function describeSettings(
  { settings }: { readonly settings: SettingsSpec },
  environment: Environment,
): readonly EffectiveSetting[] {
  const secrets = allSecrets(settings, environment);
  return Object.entries(settings).map(([name, setting]) => {
    const { text, from, fault } = findValue([name, setting], environment);
    const isSet = text !== undefined && text !== '';
    const value = isSet
      ? display(setting, text, secrets).replace(/^"(.*)"$/s, '$1')
      : (setting.defaultText ?? '');
    const origin = isSet || fault ? from : setting.defaultText === null ? 'not set' : 'default';
    return { name, value: fault ?? value, from: origin, isSecret: setting.secret };
  });
}
