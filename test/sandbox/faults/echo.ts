import type { Answer, Recorded } from '../server.ts';
import { answering, type HttpFault } from './fault.ts';

/** The ways in which a server may write a text that it was sent. */
export const ECHO_ENCODINGS = {
  raw: (text) => text,
  percent: encodeURIComponent,
  'percent, every byte': (text) => bytesOf(text, (byte) => `%${hex(byte)}`),
  'percent, every byte in lower case': (text) => bytesOf(text, (byte) => `%${hex(byte).toLowerCase()}`),
  json: (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'json, every character': (text) => charactersOf(text, (code) => `\\u${code.toString(16).padStart(4, '0')}`),
  html: (text) => text.replace(/[&<>"'+=/]/g, (character) => `&#${character.charCodeAt(0)};`),
  'html, every character': (text) => charactersOf(text, (code) => `&#x${code.toString(16)};`),
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
} satisfies Readonly<Record<string, (text: string) => string>>;

const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, '0');
const bytesOf = (text: string, write: (byte: number) => string) => [...Buffer.from(text)].map(write).join('');
const charactersOf = (text: string, write: (code: number) => string) =>
  Array.from({ length: text.length }, (_, index) => write(text.charCodeAt(index))).join('');

/** Everything secret that a request carries: header values, what Basic hides, tokens in forms and in Conduit's JSON. */
export function credentialsOf({ headers, body, query }: Recorded): readonly string[] {
  const authorization = headers.authorization ?? '';
  const value = authorization.replace(/^(?:Bearer|Basic|OAuth)\s+/i, '');
  const basic = /^Basic\s/i.test(authorization) ? Buffer.from(value, 'base64').toString() : '';
  const quoted = /^OAuth\s/i.test(authorization)
    ? [...value.matchAll(/="([^"]*)"/g)].map((part) => part[1] ?? '')
    : [];
  const form = new URLSearchParams(body);
  const fields = ['api.token', 'token', 'private_token'].flatMap((name) => [form.get(name), query.get(name)]);
  const conduit = /"__conduit__"\s*:\s*\{[^}]*"token"\s*:\s*"([^"]*)"/.exec(form.get('params') ?? '')?.[1];
  const own = headers['private-token'];
  const all = [value, basic, basic.replace(/^[^:]*:/, ''), ...quoted, ...fields, conduit, own?.toString()];
  return [...new Set(all.filter((one) => one !== undefined && one !== null && one !== ''))] as string[];
}

const SHAPES: Readonly<Record<string, (said: string) => Answer>> = {
  text: (said) => ({ status: 400, headers: { 'content-type': 'text/plain' }, body: said }),
  page: (said) => ({
    status: 500,
    headers: { 'content-type': 'text/html' },
    body: `<html><head><title>${said}</title></head><body>${said}</body></html>`,
  }),
  message: (said) => ({ status: 400, body: { message: said, error_description: said, errors: [] } }),
  'Conduit error': (said) => ({
    status: 200,
    body: { result: null, error_code: 'ERR-INVALID-AUTH', error_info: said },
  }),
  'MediaWiki error': (said) => ({
    status: 200,
    body: { error: { code: 'mwoauth-invalid-authorization', info: said } },
  }),
  redirect: (said) => ({
    status: 302,
    headers: { location: `/login?${said.replace(/[^\x21-\x7e]/g, '')}` },
    body: '',
  }),
};

/** Answers that repeat the request's credentials, in each encoding and each shape of an error. */
export const ECHO_FAULTS: readonly HttpFault[] = Object.entries(ECHO_ENCODINGS).flatMap(([encoding, write]) =>
  Object.entries(SHAPES).map(([shape, answer]) =>
    answering(`echo (${encoding}) in a ${shape}`, ({ request }) =>
      answer(`not allowed: ${credentialsOf(request).map(write).join(' ')}`),
    ),
  ),
);
