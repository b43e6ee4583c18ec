/** The kinds of setting that several systems share: tokens, passwords, names, addresses, paths and lists. */

import { readFileSync } from 'node:fs';
import { messageOf } from './errors.ts';
import { type Setting, text } from './settings.ts';

const kind =
  <T>(parse: (value: string) => T) =>
  (description: string, defaultText: string): Setting<T> => ({ ...text(description, defaultText), parse });

const matching = (pattern: RegExp, allowed: string) =>
  kind((value) => {
    if (!pattern.test(value)) throw new Error(allowed);
    return value;
  });

/** A token that goes into an HTTP header or a form: printable ASCII without spaces or quotes. */
export const token = matching(/^[!#-&(-~]+$/, 'printable ASCII without spaces, quotes or line breaks');

/** A password: any text on one line. */
export const password = matching(/^[\t\P{Cc}]+$/u, 'text without line breaks or control characters');

/** A text that a header can carry. */
export const headerText = matching(/^[ -~]+$/, 'printable ASCII on one line');

/** One name or id without spaces and quotes. */
export const word = matching(/^[^\s"'`,;]+$/, 'one name without spaces, quotes, commas or semicolons');

/** A name that may have spaces, without the quotes that some files of variables keep. */
export const unquoted = matching(
  /^(?!(["'`]).*\1$)\P{Cc}+$/u,
  'the name itself, on one line and without quotes',
);

/** The path of a file in PEM form with certificates. */
export const certificates = kind((path) => {
  const content = contentOf(path);
  if (!content.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error('a file with certificates in PEM form');
  return path;
});

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`the path of a file that can be read (${messageOf(error)})`);
  }
}

/** A place for files: a folder, or a prefix in a bucket of Cloud Storage. */
export const storePlace = matching(
  /^(?:gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](?:\/[^\p{Cc}?#]*)?|(?![\w+.-]+:\/\/)\P{Cc}+)$/u,
  'a folder, or gs://bucket/prefix',
);

/** A host name or address, with a port where it has one. */
export const host = matching(/^[A-Za-z0-9._:[\]-]+$/, 'a host name, without a scheme, a path or quotes');

const separated = (value: string) => value.split(/[\s,]+/).filter((one) => one !== '');

const listOf = (pattern: RegExp, allowed: string) =>
  kind((value) => {
    const all = separated(value);
    const wrong = all.filter((one) => !pattern.test(one)).length;
    if (wrong > 0)
      throw new Error(`${allowed} (${wrong} of ${all.length} ${wrong === 1 ? 'is' : 'are'} not)`);
    return all;
  });

const ADDRESS = /^(?!['.])[^\s@<>"();:,[\]\\]+(?<!['.])@[^\s@<>"'();:,[\]\\/_]+$/u;

/** E-mail addresses separated by commas or white space. */
export const addresses = listOf(
  ADDRESS,
  'e-mail addresses alone, separated by commas or spaces, without names, quotes or semicolons',
);

/** User names separated by commas or white space. */
export const accountNames = listOf(
  /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.+$-]*$/u,
  'user names alone (letters, digits and _ . + $ -), separated by commas or spaces',
);

const QUOTED = /^"([^"]+)"$|^'([^']+)'$/;

/** Names that may have spaces: separated by commas or line breaks, or in quotes. Without either, spaces separate them. */
export const spacedNames = kind((value) => {
  const parts = value.match(/"[^"]*"|'[^']*'|[^\s,"']+(?:[ \t]+[^\s,"']+)*/g) ?? [];
  const rest = value.replace(/"[^"]*"|'[^']*'/g, '');
  if (/["';]/.test(rest)) throw new Error('names separated by commas, or each in quotes');
  const hasCommas = /[,\n]/.test(rest);
  const found = parts.flatMap((part) => {
    const [, double, single] = QUOTED.exec(part) ?? [];
    const name = double ?? single;
    if (name !== undefined) return [name.trim()];
    return hasCommas ? [part] : part.split(/\s+/);
  });
  if (found.includes('') || found.some((name) => /^["']/.test(name)))
    throw new Error('names that are not empty');
  return found;
});
