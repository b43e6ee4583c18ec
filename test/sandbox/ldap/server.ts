import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { LdapBinder, LdapContext, LdapFaults, SeenBind, SeenSearch } from './context.ts';
import type { LdapEntry } from './entries.ts';
import { suffix } from './people.ts';
import { type LdapCertificate, serveLdap } from './serving.ts';

/** How an embedded directory starts. With a certificate it grants StartTLS, and with `ldaps` it speaks TLS from the first byte. */
export interface LdapServerOptions {
  readonly entries: readonly LdapEntry[];
  readonly bind?: readonly LdapBinder[];
  /** What is answered to who has not bound: everything (default), a search without entries, or a refusal. */
  readonly anonymous?: LdapContext['anonymous'];
  /** The most entries of an answer without paging; 2,048 by default. */
  readonly sizeLimit?: number;
  /** The most entries of a page; no limit by default. */
  readonly pageLimit?: number;
  /** `dc=wikimedia,dc=org` by default. */
  readonly namingContexts?: readonly string[];
  readonly rootDse?: LdapContext['rootDse'];
  readonly references?: readonly string[];
  readonly contextCsn?: string | string[];
  readonly rootDseResult?: LdapContext['rootDseResult'];
  readonly faults?: LdapFaults;
  readonly certificate?: LdapCertificate;
  readonly ldaps?: boolean;
}

/** An LDAP server on 127.0.0.1 that speaks the wire protocol. `entries` and `faults` are live. */
export interface LdapSandbox {
  readonly url: string;
  readonly port: number;
  entries: LdapEntry[];
  faults: LdapFaults;
  contextCsn: LdapContext['contextCsn'];
  beforeSearch: LdapContext['beforeSearch'];
  readonly searches: readonly SeenSearch[];
  readonly binds: readonly SeenBind[];
  /** How many connections were ever made. */
  readonly connections: number;
  /** How many were ended by an unbind. */
  readonly unbinds: number;
  /** How many are open now. */
  standing(): number;
  close(): Promise<void>;
}

/** Starts a directory on a free port. Needs neither slapd nor openssl. */
export async function startLdapServer(options: LdapServerOptions): Promise<LdapSandbox> {
  const context: LdapContext = {
    entries: [...options.entries],
    faults: options.faults ?? {},
    binders: options.bind ?? [],
    anonymous: options.anonymous ?? 'read',
    sizeLimit: options.sizeLimit ?? 2048,
    pageLimit: options.pageLimit ?? Number.POSITIVE_INFINITY,
    namingContexts: options.namingContexts ?? [suffix],
    rootDse: options.rootDse ?? {},
    references: options.references ?? [],
    contextCsn: options.contextCsn,
    rootDseResult: options.rootDseResult,
    beforeSearch: undefined,
    searches: [],
    binds: [],
    connections: 0,
    unbinds: 0,
  };
  const sockets = new Set<Socket>();
  const server = listener(options, (socket) => serveLdap(socket, context, options.certificate));
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await portOf(server);
  return Object.assign(context, {
    url: `${options.ldaps ? 'ldaps' : 'ldap'}://127.0.0.1:${port}`,
    port,
    standing: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}

function listener(options: LdapServerOptions, serve: (socket: Socket) => void): Server {
  const welcome = (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket);
  };
  return options.ldaps ? createTlsServer({ ...options.certificate }, welcome) : createServer(welcome);
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('sandbox: the directory has no port');
  return address.port;
}
