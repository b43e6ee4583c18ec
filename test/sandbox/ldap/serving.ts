import type { Socket } from 'node:net';
import { type SecureContextOptions, TLSSocket } from 'node:tls';
import { ProtocolOperation } from 'ldapts';
import { normalizeDn } from '../../../src/directories/ldap/dn.ts';
import { answerSearch, isAboutServer, type OpenSearches } from './answers.ts';
import type { LdapContext } from './context.ts';
import { type LdapRequest, readRequest, resultMessage, takeMessages } from './messages.ts';

/** A certificate and its key, PEM. */
export type LdapCertificate = Pick<SecureContextOptions, 'key' | 'cert'>;

/** One client's connection; `socket` changes when StartTLS is done. */
interface Guest {
  readonly context: LdapContext;
  readonly certificate: LdapCertificate | undefined;
  readonly open: OpenSearches;
  socket: Socket;
  boundAs: string;
  unread: Buffer;
}

type Bind = Extract<LdapRequest, { op: 'bind' }>;
type Search = Extract<LdapRequest, { op: 'search' }>;

const START_TLS = '1.3.6.1.4.1.1466.20037';
const PROTOCOL_ERROR = 2;
const AUTH_METHOD_NOT_SUPPORTED = 7;
const INVALID_CREDENTIALS = 49;
const UNWILLING = 53;

/** Serves one connection until it ends. Requests are answered in the order they come; bytes that are no LDAP end it. */
export function serveLdap(
  socket: Socket,
  context: LdapContext,
  certificate: LdapCertificate | undefined,
): void {
  context.connections += 1;
  const guest: Guest = {
    context,
    certificate,
    open: new Map(),
    socket,
    boundAs: '',
    unread: Buffer.alloc(0),
  };
  listen(guest);
}

function listen(guest: Guest): void {
  const { socket } = guest;
  const onData = (data: Buffer) => {
    const { messages, rest } = takeMessages(Buffer.concat([guest.unread, data]));
    guest.unread = rest;
    for (const message of messages) answer(guest, readRequest(message), stopListening);
  };
  const listener = (data: Buffer) => {
    try {
      onData(data);
    } catch (error) {
      socket.destroy(new Error('sandbox: bytes that are no LDAP', { cause: error }));
    }
  };
  const stopListening = () => {
    socket.off('data', listener);
  };
  socket.on('data', listener);
}

function answer(guest: Guest, request: LdapRequest, stopListening: () => void): void {
  if (request.op === 'unbind') unbind(guest);
  if (request.op === 'bind') bind(guest, request);
  if (request.op === 'search') search(guest, request);
  if (request.op === 'other') reply(guest, request.id, { tag: request.tag + 1, code: PROTOCOL_ERROR });
  if (request.op === 'extended') extended(guest, request, stopListening);
}

function reply(guest: Guest, id: number, result: { readonly tag: number; readonly code: number }): void {
  guest.socket.write(resultMessage(id, result.tag, { code: result.code }));
}

function unbind({ context, socket }: Guest): void {
  context.unbinds += 1;
  socket.end();
}

function bind(guest: Guest, { id, dn, password }: Bind): void {
  if (guest.context.faults.stall === 'bind') return;
  const code = bindCode(guest.context, dn, password);
  guest.boundAs = code === 0 ? dn : '';
  guest.context.binds.push({ dn, code });
  reply(guest, id, { tag: ProtocolOperation.LDAP_RES_BIND, code });
}

function bindCode(context: LdapContext, dn: string, password: string | undefined): number {
  if (password === undefined) return AUTH_METHOD_NOT_SUPPORTED;
  if (dn === '') return password === '' ? 0 : INVALID_CREDENTIALS;
  if (password === '') return UNWILLING;
  const known = context.binders.some(
    (binder) => normalizeDn(binder.dn) === normalizeDn(dn) && binder.password === password,
  );
  return known ? 0 : INVALID_CREDENTIALS;
}

function search(guest: Guest, { id, search: asked }: Search): void {
  const { context, socket, boundAs, open } = guest;
  const { stall, dropAfter, garbage } = context.faults;
  const messages = answerSearch(context, { id, search: asked, boundAs }, open);
  if (isAboutServer(context, asked)) {
    socket.write(Buffer.concat(messages));
    return;
  }
  if (stall === 'search') return;
  if (garbage !== undefined) socket.write(garbage);
  else if (dropAfter === undefined) socket.write(Buffer.concat(messages));
  else socket.write(Buffer.concat(messages.slice(0, dropAfter)), () => socket.destroy());
}

function extended(
  guest: Guest,
  { id, oid }: Extract<LdapRequest, { op: 'extended' }>,
  stopListening: () => void,
): void {
  const { stall } = guest.context.faults;
  if (stall === 'starttls') return;
  const granted = oid === START_TLS && guest.certificate !== undefined;
  const tag = ProtocolOperation.LDAP_RES_EXTENSION;
  if (granted) stopListening();
  reply(guest, id, { tag, code: granted ? 0 : PROTOCOL_ERROR });
  if (!granted || stall === 'tls') return;
  guest.socket = new TLSSocket(guest.socket, { ...guest.certificate, isServer: true });
  guest.socket.on('error', () => guest.socket.destroy());
  listen(guest);
}
