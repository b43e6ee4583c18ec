/** Reads all settings of a job from the environment, with all errors in one. */

import leven from 'leven';
import { checkReadable } from './check-setting-text.ts';
import { display } from './effective-settings.ts';
import { ENVIRONMENT_SOURCE } from './environment-source.ts';
import { messageOf, SettingsError } from './errors.ts';
import { findValue } from './find-setting.ts';
import { allSecrets } from './setting-secrets.ts';
import type { Environment, Setting, SettingsSpec, Values } from './setting-types.ts';

export type { Environment, Setting, SettingsSpec, Values } from './setting-types.ts';

const make =
  <T>(parse: (text: string) => T) =>
  (description: string, defaultText: string): Setting<T> => ({
    description,
    defaultText,
    required: false,
    secret: false,
    parse,
  });

/** A setting with any text on one line. */
export const text = make((value) => {
  if (/[\r\n]/.test(value)) throw new Error('text on one line');
  return value;
});

const makePortable =
  <T>(parse: (text: string) => T) =>
  (description: string, defaultText: string): Setting<T> => ({
    ...make(parse)(description, defaultText),
    portable: true,
  });

/** A whole number within bounds, both included. */
export const integer = (from: number, to: number) =>
  makePortable((value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= from && number <= to)) throw new Error(`a whole number from ${from} to ${to}`);
    return number;
  });

/** One of a few words. */
export const oneOf = <const W extends string>(...words: readonly W[]) =>
  makePortable((value) => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new Error(words.join(' or '));
    return word;
  });

export const boolean = makePortable((value) => {
  if (value !== 'true' && value !== 'false') throw new Error('true or false');
  return value === 'true';
});

/** Names separated by commas or white space. */
export const names = make((value) => value.split(/[\s,]+/).filter((name) => name !== ''));

/** An http or https address without credentials, query or fragment; a trailing slash is cut. `refuse` says what is wrong with a path. */
export const httpUrl = (refuse: (url: URL) => string | undefined = () => undefined) =>
  make((value) => {
    const url = URL.parse(value);
    if (!url || !['http:', 'https:'].includes(url.protocol)) throw new Error('an http or https address');
    if (url.username || url.password) throw new Error('an address without credentials');
    const refusal = refuse(url);
    if (refusal) throw new Error(refusal);
    return value.replace(/\/+$/, '');
  });

/** For API roots: no query and no fragment. */
export const noQuery = (url: URL) =>
  url.search || url.hash ? 'an address without query or fragment' : undefined;

/** The setting without a default: undefined where it is not set. */
export const optional = <T>(
  kind: (description: string, defaultText: string) => Setting<T>,
  description: string,
) => ({
  ...(kind(description, '') as Setting<T | undefined>),
  defaultText: null,
});

/** The setting without a default, refused where it is not set. */
export const required = <T>(
  kind: (description: string, defaultText: string) => Setting<T>,
  description: string,
): Setting<T> => ({
  ...kind(description, ''),
  defaultText: null,
  required: true,
});

/** A secret: its value is never printed. An empty one is refused. */
export const secret = <T>(setting: Setting<T>): Setting<T> => ({ ...setting, secret: true });

/** Further checks: `crossChecks` finds errors between settings (a setting in error is undefined there); `known` are all names of Muster's settings. */
export interface SettingsRules<S extends SettingsSpec> {
  readonly crossChecks: (values: Partial<Values<S>>) => readonly string[];
  readonly known: readonly string[];
}

/** Reads every variable of `spec`, white space at the ends cut. Throws `SettingsError` with all errors at once. */
export function readSettings<S extends SettingsSpec>(
  spec: S,
  environment: Environment,
  rules: SettingsRules<S>,
): Values<S> {
  const errors = [
    ...(environment[ENVIRONMENT_SOURCE]?.broken ?? []),
    ...misspellings(environment, rules.known),
    ...uncheckedTls(environment),
  ];
  const secrets = allSecrets(spec, environment);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(spec)) {
    const { text: found, error: unusable } = findValue([name, setting], environment);
    const cut = environment[ENVIRONMENT_SOURCE]?.errors.get(name) ?? unusable;
    if (cut !== undefined) {
      errors.push(cut);
      continue;
    }
    try {
      values[name] = readOne(setting, found);
    } catch (error) {
      errors.push(`${name}: found ${display(setting, found, secrets)}, allowed: ${messageOf(error)}`);
    }
  }
  const inError = new Set(errors.map(variableOf));
  const crossErrors = rules.crossChecks(values as Partial<Values<S>>);
  errors.push(...crossErrors.filter((error) => !inError.has(variableOf(error))));
  if (errors.length > 0) throw new SettingsError(errors);
  return values as Values<S>;
}

const variableOf = (error: string) => error.slice(0, error.indexOf(':'));

function readOne<T>(setting: Setting<T>, found: string | undefined): T | undefined {
  // An empty variable is refused: its author probably did not mean the default.
  if (found === '' && (setting.secret || setting.defaultText)) {
    throw new Error('a value that is not empty (or leave the variable out)');
  }
  if (found) {
    checkReadable(setting, found);
    return setting.parse(found);
  }
  if (setting.defaultText !== null) return setting.parse(setting.defaultText);
  if (setting.required) throw new Error(`${setting.description} (required)`);
  return undefined;
}

/** Names that shells, npm, make and platforms set: they are never a misspelling of Muster's settings. */
const FOREIGN = /^(HOME|NODE|MAKE)$|_PORT$|_PORT_|_SERVICE_/;

/** How many edits a name of this length may be away: `CODE` and `MODEL` are no misspelling of `MODE`. */
const editsFor = (length: number) => (length <= 4 ? 0 : length <= 9 ? 1 : 2);

const isCloseTo = (name: string, known: string) => {
  const edits = editsFor(Math.min(name.length, known.length));
  return edits > 0 && leven(known, name, { maxDistance: edits + 1 }) <= edits;
};

/** An error for each variable that is close to one of `known`, in proportion to its length, without being one. */
export function misspellings(environment: Environment, known: readonly string[]): readonly string[] {
  return Object.keys(environment)
    .filter((name) => !known.includes(name) && !FOREIGN.test(name))
    .flatMap((name) => {
      const meant = known.find((candidate) => isCloseTo(name, candidate));
      return meant
        ? [`${name}: found a variable that Muster does not know, allowed: ${meant}, if that is meant`]
        : [];
    });
}

/** With this variable at 0 Node checks no certificate, so secrets would not be safe. */
function uncheckedTls({ NODE_TLS_REJECT_UNAUTHORIZED: found }: Environment): readonly string[] {
  if (found !== '0') return [];
  return ['NODE_TLS_REJECT_UNAUTHORIZED: found 0 (certificates are not checked), allowed: nothing, or 1'];
}
