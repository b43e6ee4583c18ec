import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { approvalOf } from '../../src/app/read-plan-file.ts';
import { readRecording } from '../../src/app/recording-file.ts';
import { parseSince } from '../../src/app/since.ts';
import { isUnder, normalizeDn, parseDn } from '../../src/directories/ldap/dn.ts';
import { attributeKey } from '../../src/directories/ldap/entry.ts';
import { parseEntryFilter } from '../../src/directories/ldap/filter.ts';
import { createMessageFraming } from '../../src/directories/ldap/message-framing.ts';
import { readResponse } from '../../src/directories/ldap/response.ts';
import { posixGroups } from '../../src/directories/posix-groups/data-yaml.ts';
import { addressKey, nameKey } from '../../src/directories/same-name.ts';
import { parseMembership } from '../../src/engine/membership-change.ts';
import { preferredType } from '../../src/http/accept.ts';
import { readRequest } from '../../src/http/request.ts';
import { growthBookSettings } from '../../src/jobs/growthbook-roles/settings.ts';
import { InvalidRequestError, SettingsError, SourceError } from '../../src/platform/errors.ts';
import { retryDelay } from '../../src/platform/retry-delay.ts';
import { readSettings } from '../../src/platform/settings.ts';
import { testPolicy } from '../../src/policy/policy-cases.ts';
import { parsePolicies } from '../../src/policy/policy-document.ts';
import { parseTrust } from '../../src/policy/trust-document.ts';
import { AccountPage } from '../../src/targets/gitlab/schema.ts';
import { MemberPage, TeamList } from '../../src/targets/growthbook/schema.ts';
import { anyCharacter } from '../any-character.ts';
import { dataYamlText } from '../sandbox/growthbook/example.ts';
import { entryMessage, resultMessage } from '../sandbox/ldap/messages.ts';
import { type FuzzTarget, target } from './fuzz-target.ts';
import { changedBytes, changedText, hostileText, repeated } from './inputs.ts';

type ErrorKind = abstract new (...values: never[]) => Error;

/** Reads, and lets through the errors that a reader may throw: any other one is a bug. */
function allowing(kinds: readonly ErrorKind[], read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
  }
}

/** An error whose message begins so. */
function allowingText(start: RegExp, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Error && start.test(error.message))) throw error;
  }
}

const YAML = dataYamlText();
const POLICY =
  'order: [noaccess, readonly, admin]\ngate: { posix: x }\nrules:\n  - { rule: 2, when: { any: [{ ldap: a }, { not: { ldap: b } }] }, role: admin, expires: 2027-01-15 }\notherwise: { rule: 3 }\n';
const TRUST = 'rules:\n  - { rule: 1, when: { gerrit: G }, trust: true, description: people }\n';
const CASES = '- { uid: ada, ldap: [a], posix: [x], role: admin }\n';
const folder = mkdtempSync(join(tmpdir(), 'muster-fuzz-'));
const file = join(folder, 'input');

const JSON_VALUE = fc.jsonValue({ maxDepth: 4 });
const dn = fc.oneof(hostileText, changedText('uid=ann smith\\2c dr,ou=people,dc=example,dc=org'));
const message = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  changedBytes(entryMessage(2, 'uid=ann,ou=people,dc=x', [{ name: 'mail', values: ['a@x.org', 'b@x.org'] }])),
  changedBytes(resultMessage(2, 0x65, { code: 0, text: 'done', cookie: 'next' })),
);

/** All that reads what others write. */
export const READERS: readonly FuzzTarget[] = [
  target(
    'data.yaml',
    changedText(YAML),
    (text) => {
      const query = { minUsers: 0, groups: ['deployment'], mayBeEmpty: ['deployment'] };
      allowing([SourceError], () => posixGroups(text, query));
      return text.length;
    },
    [
      repeated('- a\n'),
      repeated('a: {'),
      repeated('[', YAML),
      repeated('&a '),
      repeated('"\\'),
      repeated("'"),
      repeated('# '),
      repeated('a: *a\n'),
    ],
  ),
  target(
    'LDAP messages',
    message,
    (bytes) => {
      allowing([Error], () => readResponse(bytes));
      const framing = createMessageFraming();
      allowing([Error], () => framing.push(bytes));
      return bytes.length;
    },
    [(size) => Buffer.alloc(size, 0x30), (size) => Buffer.alloc(size), (size) => Buffer.alloc(size, 0xff)],
  ),
  target(
    'DNs',
    dn,
    (text) => {
      allowing([Error], () => {
        parseDn(text);
        const key = normalizeDn(text);
        if (normalizeDn(key) !== key) throw new TypeError(`another form each time: ${JSON.stringify(text)}`);
        if (!isUnder(text, text)) throw new TypeError(`not under itself: ${JSON.stringify(text)}`);
      });
      return text.length;
    },
    [repeated('a=b,'), repeated('\\'), repeated('a=b+'), repeated(' '), repeated('"')],
  ),
  target(
    'LDAP filters',
    fc.oneof(hostileText, changedText('(&(objectClass=person)(!(uid=a*b))(mail=\\2a))')),
    (text) => {
      allowing([Error], () => parseEntryFilter(text));
      return text.length;
    },
    [repeated('(&'), repeated('(a=b)'), repeated('(a=*'), repeated('\\2a')],
  ),
  target('attribute names', hostileText, (text) => {
    const key = attributeKey(text);
    if (attributeKey(key) !== key) throw new Error('another form each time');
    return text.length;
  }),
  target(
    'addresses and names',
    fc.oneof(hostileText, fc.emailAddress(), fc.string({ unit: anyCharacter })),
    (text) => {
      for (const keyOf of [addressKey, nameKey]) {
        const key = keyOf(text);
        if (keyOf(key) !== key) throw new Error(`another form each time: ${JSON.stringify(text)}`);
      }
      // Of other letters one may become two in the other case.
      const plain = text.replaceAll(/[^ -~]/g, '');
      if (addressKey(plain.toUpperCase()) !== addressKey(plain.toLowerCase()))
        throw new Error(`case counts: ${JSON.stringify(plain)}`);
      return text.length;
    },
    [repeated(' '), repeated('@'), repeated('ß'), repeated('é'), repeated('a.')],
  ),
  target('answers of APIs', JSON_VALUE, (value) => {
    for (const schema of [MemberPage, TeamList, AccountPage]) schema.safeParse(value);
    return JSON.stringify(value).length;
  }),
  target(
    'plan files',
    fc.oneof(
      JSON_VALUE,
      fc.record({
        format: fc.constant(1),
        run: JSON_VALUE,
        target: JSON_VALUE,
        planHash: fc.string(),
        changes: JSON_VALUE,
      }),
    ),
    (value) => {
      allowing([InvalidRequestError], () => approvalOf(value, 'x', { job: 'growthbook-roles', now: 0 }));
      return JSON.stringify(value).length;
    },
  ),
  target(
    'recordings',
    fc.oneof(
      hostileText,
      JSON_VALUE.map((value) => JSON.stringify(value)),
    ),
    (text) => {
      writeFileSync(file, text);
      allowing([InvalidRequestError], () => readRecording(file, 'growthbook-roles'));
      return text.length;
    },
  ),
  target('policies', fc.oneof(changedText(POLICY), changedText(TRUST), hostileText), (text) => {
    allowingText(/^a policy document: /, () => parsePolicies(text));
    allowingText(/^a policy document: /, () => parseTrust(text));
    return text.length;
  }),
  target('cases of a policy', fc.oneof(changedText(CASES), hostileText), (text) => {
    allowingText(/^(the cases|case \d|a policy document)/, () => testPolicy(POLICY, text, 0));
    return text.length;
  }),
  target(
    'requests',
    fc.record({
      url: fc.oneof(changedText('/?dryRun=true&only=ann&add=a:b'), hostileText),
      body: fc.oneof(
        fc.uint8Array(),
        changedText('{"dryRun":true,"approve":"sha256:x","reason":"y"}').map((text) => Buffer.from(text)),
      ),
      method: fc.constantFrom<string>('GET', 'POST', 'PUT'),
    }),
    ({ url, body, method }) => {
      allowing([InvalidRequestError], () =>
        readRequest({ method, url, body, job: 'growthbook-roles', now: 0 }),
      );
      return url.length + body.length;
    },
    [
      (size) => ({ method: 'POST', url: '/', body: Buffer.from('['.repeat(size)) }),
      (size) => ({ method: 'POST', url: '/', body: Buffer.from(`{${'"a":{'.repeat(size / 5)}`) }),
      (size) => ({ method: 'POST', url: '/', body: Buffer.from(`"${'\\"'.repeat(size / 2)}`) }),
      (size) => ({ method: 'POST', url: '/', body: Buffer.from(`"${'\\"'.repeat(size / 2)}\\`) }),
      (size) => ({ method: 'POST', url: '/', body: Buffer.from('"\\\n'.repeat(size / 3)) }),
      (size) => ({ method: 'POST', url: '/', body: Buffer.from('1-'.repeat(size / 2)) }),
      (size) => ({ method: 'GET', url: `/?${'a&'.repeat(size / 2)}`, body: Buffer.alloc(0) }),
      (size) => ({ method: 'GET', url: `/?only=${'%41'.repeat(size / 3)}`, body: Buffer.alloc(0) }),
    ],
  ),
  target(
    'Accept headers',
    fc.oneof(hostileText, changedText('text/html;q=0.8, application/json; q=1, */*;q=0.1')),
    (text) => {
      preferredType(text, ['application/json', 'text/plain']);
      return text.length;
    },
    [repeated(','), repeated('";'), repeated('a/b;q=0.5,'), repeated(' ;')],
  ),
  target(
    'memberships and times',
    hostileText,
    (text) => {
      allowing([InvalidRequestError], () => parseMembership('add', text));
      allowing([InvalidRequestError], () => parseSince(text, 0));
      return text.length;
    },
    [repeated(':'), repeated('1'), repeated('a:posix:')],
  ),
  target(
    'settings',
    fc.dictionary(fc.constantFrom(...Object.keys(growthBookSettings)), hostileText),
    (environment) => {
      allowing([SettingsError], () =>
        readSettings(growthBookSettings, environment, {
          crossChecks: () => [],
          known: Object.keys(growthBookSettings),
        }),
      );
      return JSON.stringify(environment).length;
    },
  ),
  target(
    'waits that servers ask for',
    fc.dictionary(
      fc.constantFrom('retry-after', 'ratelimit-reset', 'ratelimit-remaining'),
      fc.oneof(hostileText, fc.integer().map(String), fc.double().map(String)),
    ),
    (headers) => {
      const ms = retryDelay(
        { attempt: 1, status: 429, headers, now: 1_780_000_000_000, resetInSeconds: true },
        0.5,
      );
      if (!(ms >= 0 && ms <= 3_600_000)) throw new Error(`waits ${ms} ms`);
      return JSON.stringify(headers).length;
    },
  ),
];
