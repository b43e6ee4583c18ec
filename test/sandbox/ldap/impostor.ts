import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** What listens where a directory should be. `hang`: takes connections and never answers. `hang-up`: ends each at once. `http`: a web server. */
export type ImpostorKind = 'hang' | 'hang-up' | 'http';

/** A server on 127.0.0.1 that is no directory. */
export interface Impostor {
  readonly port: number;
  /** How many connections were ever made. */
  readonly connections: number;
  close(): Promise<void>;
}

const BAD_REQUEST =
  'HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 45\r\nConnection: close\r\n\r\n<html><title>400 Bad Request</title></html>\r\n';

const BEHAVIOUR: Readonly<Record<ImpostorKind, (socket: Socket) => void>> = {
  hang: (socket) => void socket.resume(),
  'hang-up': (socket) => void socket.destroy(),
  http: (socket) => void socket.once('data', () => socket.end(BAD_REQUEST)),
};

/** Starts one on a free port. */
export async function startImpostor(kind: ImpostorKind): Promise<Impostor> {
  const sockets = new Set<Socket>();
  const state = { connections: 0 };
  const server = createServer((socket) => {
    state.connections += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    BEHAVIOUR[kind](socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('sandbox: the impostor has no port');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return Object.assign(state, { port: address.port, close });
}
