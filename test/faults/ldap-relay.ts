import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { ProtocolOperation } from 'ldapts';
import { readRequest, takeMessages } from '../sandbox/ldap/messages.ts';

/** One answer of the directory on its way to the client. `id` and `tag` are those of its last message, `password` that of the last bind. */
export interface LdapAnswer {
  readonly messages: readonly Buffer[];
  readonly id: number;
  readonly tag: number;
  readonly password: string;
  /** The number of the request, from 1, over all connections. */
  readonly number: number;
  readonly client: Socket;
}

/** Sends something to the client instead of an answer. */
export type LdapFaultAction = (answer: LdapAnswer) => void;

/** Where a fault is: the request of this number (from 1) over all connections, or each one, of an operation where it is given. */
export interface LdapFaultPlace {
  readonly operation?: string;
  readonly nth: number | 'every';
  readonly act: LdapFaultAction;
}

/** Stands between a client and a directory, and spoils answers. `operations` are the requests that have passed, in order. */
export interface LdapRelay {
  readonly port: number;
  readonly operations: string[];
  fault: LdapFaultPlace | undefined;
  close(): Promise<void>;
}

/** The tags of messages that end an answer. */
const ENDS: readonly number[] = [
  ProtocolOperation.LDAP_RES_BIND,
  ProtocolOperation.LDAP_RES_SEARCH,
  ProtocolOperation.LDAP_RES_EXTENSION,
];

/** A relay on a free port of 127.0.0.1 in front of another port there. */
export async function startLdapRelay(target: number): Promise<LdapRelay> {
  const sockets = new Set<Socket>();
  const relay = { operations: [] as string[], fault: undefined as LdapFaultPlace | undefined };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      const hangUp = () => {
        client.destroy();
        upstream.destroy();
      };
      socket
        .on('close', () => void sockets.delete(socket))
        .on('close', hangUp)
        .on('error', hangUp);
    }
    join(client, upstream, relay);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return Object.assign(relay, { port: address.port, close });
}

function join(client: Socket, upstream: Socket, relay: Pick<LdapRelay, 'operations' | 'fault'>): void {
  const numbers = new Map<number, number>();
  let password = '';
  let unread: Buffer = Buffer.alloc(0);
  let unsent: Buffer = Buffer.alloc(0);
  let answer: Buffer[] = [];
  client.on('data', (data) => {
    const taken = requestsIn(Buffer.concat([unread, data]));
    // What is no LDAP ends the connection, as a directory does.
    if (!taken) return void client.destroy();
    unread = taken.rest;
    for (const request of taken.requests) {
      if (request.op === 'bind') password = request.password ?? '';
      if (request.op !== 'unbind') {
        relay.operations.push(
          request.op === 'search' ? `search ${request.search.base || 'root DSE'}` : request.op,
        );
        numbers.set(request.id, relay.operations.length);
      }
    }
    upstream.write(data);
  });
  upstream.on('data', (data) => {
    const taken = takeMessages(Buffer.concat([unsent, data]));
    unsent = taken.rest;
    for (const message of taken.messages) {
      answer.push(message);
      const { id, tag } = headOf(message);
      if (!ENDS.includes(tag)) continue;
      const { fault } = relay;
      const number = numbers.get(id) ?? 0;
      if (fault && isMeant(fault, number, relay.operations))
        fault.act({ messages: answer, id, tag, password, number, client });
      else client.write(Buffer.concat(answer));
      answer = [];
    }
  });
}

/** The requests in what a client has sent, and what is left of it; undefined where it is no LDAP. */
function requestsIn(bytes: Buffer) {
  try {
    const { messages, rest } = takeMessages(bytes);
    return { requests: messages.map(readRequest), rest };
  } catch {
    return undefined;
  }
}

const isMeant = (
  { nth, operation }: LdapFaultPlace,
  number: number,
  operations: readonly string[],
): boolean =>
  nth === 'every' ? operation === undefined || operations[number - 1] === operation : nth === number;

/** The id and the tag of a message whose lengths are right. */
export function headOf(message: Buffer): {
  readonly id: number;
  readonly tag: number;
  readonly tagAt: number;
} {
  const idAt = 1 + lengthSize(message, 1);
  const idLength = message[idAt + 1] ?? 1;
  const tagAt = idAt + 2 + idLength;
  return { id: message.readUIntBE(idAt + 2, idLength), tag: message[tagAt] ?? 0, tagAt };
}

/** How many bytes the length at this place takes. */
export const lengthSize = (message: Buffer, at: number): number => {
  const first = message[at] ?? 0;
  return first < 0x80 ? 1 : 1 + (first & 0x7f);
};
