import { BerReader, ProtocolOperation } from 'ldapts';
import { ECHO_ENCODINGS } from '../sandbox/faults/echo.ts';
import type { LdapAttribute } from '../sandbox/ldap/entries.ts';
import { entryMessage, resultMessage } from '../sandbox/ldap/messages.ts';
import type { LdapFault } from './ldap-faults.ts';
import type { LdapAnswer } from './ldap-relay.ts';

/** The bind password, which a directory writes into its message. In the first session of a run nobody has bound yet. */
const ECHOES: readonly LdapFault[] = Object.entries(ECHO_ENCODINGS).map(([encoding, write]) => ({
  name: `echo (${encoding}) in a result`,
  whole: false,
  stalls: false,
  act: ({ client, id, tag, password }) => {
    const text = `not allowed: ${write(password)}`;
    client.write(resultMessage(id, tag, { code: 53, text }));
  },
}));

/** Sends the whole answer, and closes the connection: a client that reconnects without a bind would read as nobody. */
const CLOSED_AFTER: LdapFault = {
  name: 'closed after the answer',
  whole: false,
  stalls: false,
  act: ({ client, messages }) => void client.end(Buffer.concat(messages)),
};

/** Sends one value of each attribute that has more, under a name with a range. */
const ranged = (name: string, end: string): LdapFault => ({
  name,
  whole: false,
  stalls: false,
  act: ({ client, messages }: LdapAnswer) => {
    client.write(Buffer.concat(messages.map((message) => firstValues(message, end))));
  },
});

function firstValues(message: Buffer, end: string): Buffer {
  const entry = readEntry(message);
  if (entry === undefined) return message;
  const attributes = entry.attributes.map(({ name, values }) =>
    values.length > 1 ? { name: `${name};range=0-${end}`, values: values.slice(0, 1) } : { name, values },
  );
  return entryMessage(entry.id, entry.dn, attributes);
}

function readEntry(message: Buffer) {
  const reader = new BerReader(message);
  reader.readSequence();
  const id = reader.readInt() ?? 0;
  if (reader.readSequence() !== ProtocolOperation.LDAP_RES_SEARCH_ENTRY) return undefined;
  const dn = reader.readString() ?? '';
  reader.readSequence();
  const to = reader.offset + reader.length;
  const attributes: LdapAttribute[] = [];
  while (reader.offset < to) {
    reader.readSequence();
    const name = reader.readString() ?? '';
    reader.readSequence();
    const last = reader.offset + reader.length;
    const values: string[] = [];
    while (reader.offset < last) values.push(reader.readString() ?? '');
    attributes.push({ name, values });
  }
  return { id, dn, attributes };
}

/** Faults that need to know what the answer says, or who asked. */
export const ANSWER_FAULTS: readonly LdapFault[] = [
  ...ECHOES,
  CLOSED_AFTER,
  ranged('a part of the values, under a name with a range', '0'),
  ranged('a part of the values, under a range that claims to be all', '*'),
  ranged('a part of the values, under a range that is none', '-1'),
];
