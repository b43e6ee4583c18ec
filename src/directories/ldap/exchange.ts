/** Sends one request at a time on a socket, and receives its whole answer. */

import type { Socket } from 'node:net';
import { type Message, ProtocolOperation } from 'ldapts';
import { systemClock } from '../../platform/clock.ts';
import { messageOf } from '../../platform/errors.ts';
import { createMessageFraming, type MessageFraming } from './message-framing.ts';
import { type LdapEntry, type LdapResponse, type LdapResult, readResponse } from './response.ts';

/** The whole answer to one request. */
export interface LdapAnswer {
  readonly entries: readonly LdapEntry[];
  readonly references: readonly string[];
  readonly result: LdapResult;
}

/** Makes the message of a request with this number. */
type NewMessage = (messageId: number) => Message;

/** An exchange of requests and answers on one socket. Bytes that are not the answer to a request end it at once. */
export interface Exchange {
  /** Sends one request; the next is sent when this one is answered. */
  request(message: NewMessage): Promise<LdapAnswer>;
  /** Sends a message that has no answer. */
  send(message: NewMessage): Promise<void>;
  /** Throws if the socket is lost. */
  check(): void;
  /** Whether the last bind on this very socket succeeded, and the socket is there. */
  isBound(): boolean;
  /** Stops reading, so that TLS can begin. Throws if unexpected bytes have come. */
  release(): void;
  destroy(): void;
}

interface Pending {
  readonly id: number;
  readonly entries: LdapEntry[];
  readonly references: string[];
  readonly resolve: (answer: LdapAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** What changes while a socket is in use. */
interface State {
  readonly socket: Socket;
  readonly framing: MessageFraming;
  pending: Pending | undefined;
  lastId: number;
  bound: boolean;
  received: number;
}

/** How long the next bytes of an incomplete message may take. */
const SILENCE_MS = 5000;
/** The number of the server's message before it closes the connection (RFC 4511, section 4.4.1). */
const UNSOLICITED = 0;

/** An exchange on a connected socket, whose `error` event has a listener already. */
export function createExchange(socket: Socket): Exchange {
  const framing = createMessageFraming();
  const state: State = { socket, framing, pending: undefined, lastId: 0, bound: false, received: 0 };
  const onData = (chunk: Buffer) => {
    state.received += chunk.length;
    try {
      for (const message of framing.push(chunk)) accept(state, readResponse(message));
    } catch (error) {
      fail(state, error instanceof Error ? error : new Error(messageOf(error)));
    }
  };
  const onClose = () => fail(state, lost(socket));
  socket.on('data', onData).on('close', onClose).on('end', onClose);
  const check = () => {
    if (socket.destroyed || !socket.writable) throw lost(socket);
  };
  return {
    request: async (message) => {
      check();
      return await request(state, message);
    },
    send: async (message) => {
      if (socket.destroyed || !socket.writable) return;
      write(state, message);
      await new Promise<void>((done) => socket.end(done));
    },
    check,
    isBound: () => state.bound && !socket.destroyed,
    release: () => {
      socket.off('data', onData).off('close', onClose).off('end', onClose);
      if (framing.isInsideMessage()) throw new Error('bytes came without TLS after the answer to StartTLS');
    },
    destroy: () => socket.destroy(),
  };
}

async function request(state: State, message: NewMessage): Promise<LdapAnswer> {
  if (state.pending) throw new Error('a request before the last one is answered');
  const { promise, resolve, reject } = Promise.withResolvers<LdapAnswer>();
  const pending = { id: write(state, message), entries: [], references: [], resolve, reject };
  state.pending = pending;
  const over = new AbortController();
  const watching = watch(state, pending, over.signal);
  try {
    return await promise;
  } finally {
    over.abort();
    await watching;
  }
}

function write(state: State, message: NewMessage): number {
  state.lastId += 1;
  state.socket.write(message(state.lastId).write());
  return state.lastId;
}

function accept(state: State, response: LdapResponse): void {
  const { pending } = state;
  if (!pending || response.id !== pending.id) throw new Error(unexpected(response));
  if (response.kind === 'entry') pending.entries.push(response.entry);
  if (response.kind === 'reference') pending.references.push(...response.urls);
  if (response.kind !== 'result') return;
  if (response.operation === ProtocolOperation.LDAP_RES_BIND) state.bound = response.code === 0;
  state.pending = undefined;
  const { entries, references } = pending;
  pending.resolve({ entries, references, result: response });
}

function fail(state: State, error: Error): void {
  state.pending?.reject(error);
  state.pending = undefined;
  state.socket.destroy(error);
}

/** Ends the exchange if the rest of an incomplete message does not come. */
async function watch(state: State, pending: Pending, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const before = state.received;
    await systemClock.sleep(SILENCE_MS, over);
    const isCut = state.pending === pending && state.framing.isInsideMessage() && state.received === before;
    if (!over.aborted && isCut)
      fail(state, new Error(`the server's message is cut off: no more of it came within ${SILENCE_MS} ms`));
  }
}

const lost = (socket: Socket) =>
  new Error(`the connection is lost${socket.errored ? ` (${socket.errored.message})` : ''}`);

function unexpected(response: LdapResponse): string {
  if (response.id === UNSOLICITED && response.kind === 'result')
    return `the server ends the connection (result code ${response.code}: ${response.diagnostic})`;
  return `an answer to no request (found number ${response.id})`;
}
