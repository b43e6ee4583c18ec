import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server and misbehaves on request. Counts chunks and bytes from the server, over each connection. */
export interface LdapProxy {
  readonly port: number;
  /** How many connections were ever made through it. */
  readonly connections: number;
  /** Hangs up when so many bytes have been passed on from the server. */
  cutAfterBytes: number;
  /** Keeps back what the server sends after so many chunks, and what the client sends too. */
  holdAfterChunks: number;
  /** Changes one byte of what the server sends: the one at `at`, from 0 over each connection, by the bits of `mask`. */
  flip: { readonly at: number; readonly mask: number } | undefined;
  /** What the server has sent, over all connections. */
  received(): Buffer;
  /** Cuts every open connection. */
  cutAll(): void;
  close(): Promise<void>;
}

type Behaviour = Pick<LdapProxy, 'cutAfterBytes' | 'holdAfterChunks' | 'flip'> & {
  readonly chunks: Buffer[];
};

/** A proxy on a free port of 127.0.0.1 in front of another port there; by default it passes everything on. */
export async function startProxy(target: number): Promise<LdapProxy> {
  const sockets = new Set<Socket>();
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    state.connections += 1;
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    join(client, upstream, state);
  });
  const state: Behaviour & { connections: number } = {
    connections: 0,
    cutAfterBytes: Number.POSITIVE_INFINITY,
    holdAfterChunks: Number.POSITIVE_INFINITY,
    flip: undefined,
    chunks: [],
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('sandbox: the proxy has no port');
  const close = async () => {
    cutAll();
    server.close();
    await once(server, 'close');
  };
  return Object.assign(state, {
    port: address.port,
    cutAll,
    close,
    received: () => Buffer.concat(state.chunks),
  });
}

function join(client: Socket, upstream: Socket, state: Behaviour): void {
  let bytes = 0;
  let chunks = 0;
  const hangUp = () => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) socket.on('close', hangUp).on('error', hangUp);
  client.on('data', (data) => {
    if (chunks < state.holdAfterChunks) upstream.write(data);
  });
  upstream.on('data', (data) => {
    if (chunks >= state.holdAfterChunks) return;
    chunks += 1;
    state.chunks.push(Buffer.from(data));
    const room = state.cutAfterBytes - bytes;
    const place = (state.flip?.at ?? -1) - bytes;
    const byte = data[place];
    if (state.flip && byte !== undefined) data[place] = byte ^ state.flip.mask;
    bytes += data.length;
    if (bytes <= state.cutAfterBytes) client.write(data);
    else client.write(data.subarray(0, room), hangUp);
  });
}
