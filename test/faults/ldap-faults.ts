import { ProtocolOperation } from 'ldapts';
import { referenceMessage, resultMessage } from '../sandbox/ldap/messages.ts';
import { headOf, type LdapAnswer, type LdapFaultAction } from './ldap-relay.ts';

/** One way in which a directory fails. `whole`: the true answer arrives in the end. `stalls`: it may take all of the time. */
export interface LdapFault {
  readonly name: string;
  readonly whole: boolean;
  readonly stalls: boolean;
  readonly act: LdapFaultAction;
}

/** A fault of a name. */
export const fault = (name: string, act: LdapFaultAction, over: Partial<LdapFault> = {}): LdapFault => ({
  name,
  whole: false,
  stalls: false,
  act,
  ...over,
});

/** The result codes of RFC 4511, appendix A, but for success, and some that are not in it. */
const CODES: Readonly<Record<number, string>> = {
  1: 'operationsError',
  2: 'protocolError',
  3: 'timeLimitExceeded',
  4: 'sizeLimitExceeded',
  5: 'compareFalse',
  6: 'compareTrue',
  7: 'authMethodNotSupported',
  8: 'strongerAuthRequired',
  10: 'referral',
  11: 'adminLimitExceeded',
  12: 'unavailableCriticalExtension',
  13: 'confidentialityRequired',
  14: 'saslBindInProgress',
  16: 'noSuchAttribute',
  17: 'undefinedAttributeType',
  18: 'inappropriateMatching',
  19: 'constraintViolation',
  20: 'attributeOrValueExists',
  21: 'invalidAttributeSyntax',
  32: 'noSuchObject',
  33: 'aliasProblem',
  34: 'invalidDNSyntax',
  36: 'aliasDereferencingProblem',
  48: 'inappropriateAuthentication',
  49: 'invalidCredentials',
  50: 'insufficientAccessRights',
  51: 'busy',
  52: 'unavailable',
  53: 'unwillingToPerform',
  54: 'loopDetect',
  64: 'namingViolation',
  65: 'objectClassViolation',
  66: 'notAllowedOnNonLeaf',
  67: 'notAllowedOnRDN',
  68: 'entryAlreadyExists',
  69: 'objectClassModsProhibited',
  71: 'affectsMultipleDSAs',
  80: 'other',
  113: 'a code that is in no standard',
};

const send = ({ client }: LdapAnswer, ...parts: readonly (Buffer | string)[]): void => {
  for (const part of parts) client.write(part);
};
const whole = ({ messages }: LdapAnswer): Buffer => Buffer.concat(messages);

/** The answer with its last message changed. */
const withLast = (answer: LdapAnswer, change: (last: Buffer) => Buffer): void => {
  const last = answer.messages.at(-1) ?? Buffer.alloc(0);
  send(answer, Buffer.concat([...answer.messages.slice(0, -1), change(last)]));
};

const RESULTS: readonly LdapFault[] = Object.entries(CODES).flatMap(([code, name]) => [
  fault(`result ${code} ${name}`, (answer) =>
    send(answer, resultMessage(answer.id, answer.tag, { code: Number(code), text: name })),
  ),
  fault(`entries, then result ${code} ${name}`, (answer) =>
    withLast(answer, () => resultMessage(answer.id, answer.tag, { code: Number(code), text: name })),
  ),
]);

const CONNECTION: readonly LdapFault[] = [
  fault('closed before the answer', ({ client }) => client.destroy()),
  fault('reset before the answer', ({ client }) => client.resetAndDestroy()),
  fault('closed in the middle of the answer', (answer) => {
    const bytes = whole(answer);
    answer.client.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => answer.client.destroy());
  }),
  fault('no answer, and the connection stays', () => undefined, { stalls: true }),
  fault(
    'half of the answer, and the connection stays',
    (answer) => send(answer, whole(answer).subarray(0, Math.floor(whole(answer).length / 2))),
    { stalls: true },
  ),
  fault(
    'a byte at a time',
    (answer) => {
      for (const byte of whole(answer)) answer.client.write(Buffer.from([byte]));
    },
    { whole: true },
  ),
  fault('notice of disconnection', (answer) => {
    const notice = resultMessage(0, ProtocolOperation.LDAP_RES_EXTENSION, { code: 52, text: 'going down' });
    answer.client.write(notice, () => answer.client.end());
  }),
];

const SHAPE: readonly LdapFault[] = [
  fault('an answer in HTTP', (answer) =>
    send(answer, 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'),
  ),
  fault('zero bytes', (answer) => send(answer, Buffer.alloc(4096))),
  fault('bytes of 0xff', (answer) => send(answer, Buffer.alloc(4096, 0xff))),
  fault('a length without end', (answer) => send(answer, Buffer.from([0x30, 0x80, 0x02, 0x01, 0x01]))),
  fault('a length of 4 GiB', (answer) => send(answer, Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])), {
    stalls: true,
  }),
  fault('a message of no length', (answer) => send(answer, Buffer.from([0x30, 0x00]))),
  fault(
    'an answer to another request',
    (answer) => send(answer, resultMessage(answer.id + 1000, answer.tag, { code: 0 })),
    {
      stalls: true,
    },
  ),
  fault('the end of another operation', (answer) =>
    send(answer, resultMessage(answer.id, ProtocolOperation.LDAP_RES_DELETE, { code: 0 })),
  ),
  fault('the answer twice', (answer) => send(answer, whole(answer), whole(answer))),
  fault('a reference to another server', (answer) => {
    if (answer.tag !== ProtocolOperation.LDAP_RES_SEARCH) return send(answer, whole(answer));
    send(answer, referenceMessage(answer.id, 'ldap://elsewhere.example.org/dc=x'), whole(answer));
  }),
  fault('an empty page with a cookie', (answer) => {
    if (answer.tag !== ProtocolOperation.LDAP_RES_SEARCH) return send(answer, whole(answer));
    send(answer, resultMessage(answer.id, answer.tag, { code: 0, cookie: 'more' }));
  }),
  fault('entries without their end', (answer) => send(answer, Buffer.concat(answer.messages.slice(0, -1))), {
    stalls: true,
  }),
];

const TAGS: readonly LdapFault[] = [0x60, 0x64, 0x77, 0x78, 0x04, 0x30].map((tag) =>
  fault(
    `an answer with the tag 0x${tag.toString(16)}`,
    (answer) =>
      withLast(answer, (last) => {
        const changed = Buffer.from(last);
        changed[headOf(last).tagAt] = tag;
        return changed;
      }),
    { stalls: true },
  ),
);

/** Every named fault of a directory. */
export const LDAP_FAULTS: readonly LdapFault[] = [...RESULTS, ...CONNECTION, ...SHAPE, ...TAGS];
