import type { HttpFault } from '../sandbox/faults/fault.ts';
import { HTTP_FAULTS } from '../sandbox/faults/http-faults.ts';
import { listFaults, typeFaults } from './json-faults.ts';
import { ANSWER_FAULTS } from './ldap-answers.ts';
import { LDAP_FAULTS, type LdapFault } from './ldap-faults.ts';
import { type Command, type JobName, startStage } from './stage.ts';
import { startTlsHost } from './tls.ts';

export const JOBS: readonly JobName[] = ['growthbook-roles', 'gitlab-approvals'];
export const COMMANDS: readonly Command[] = ['apply', 'plan', 'check', 'explain'];

/** Which of the requests of a kind meet the fault: one by its number, or all. */
export type Position = number | 'every';

/** One cell of the matrix: a request of a run, and what goes wrong with it. */
export type Cell = {
  readonly job: JobName;
  readonly command: Command;
  readonly system: string;
  /** The request in words. */
  readonly request: string;
  readonly position: Position;
} & (
  | { readonly kind: 'http'; readonly method: string; readonly path: RegExp; readonly fault: HttpFault }
  | { readonly kind: 'ldap'; readonly fault: LdapFault }
  | { readonly kind: 'address'; readonly fault: AddressFault }
);

/** An address at which nobody answers as should be. */
export interface AddressFault {
  readonly name: string;
  readonly whole: boolean;
  readonly stalls: boolean;
  address(given: string): string;
}

const withHost = (address: string, host: string) => address.replace(/(?<=^https?:\/\/)[^/]+/, host);

/** One host for each certificate, as long as the process. */
const [unknownCa, expired, otherName] = await Promise.all([
  startTlsHost(),
  startTlsHost('expired'),
  startTlsHost('other-name'),
]);
const tlsTo = (host: string) => (given: string) => withHost(given.replace(/^http:/, 'https:'), host);

const ADDRESS_FAULTS: readonly AddressFault[] = [
  { name: 'refused connection', address: (given: string) => withHost(given, '127.0.0.1:1') },
  { name: 'a name that does not exist', address: (given: string) => withHost(given, 'nowhere.invalid') },
  { name: 'TLS to a server without TLS', address: (given: string) => given.replace(/^http:/, 'https:') },
  { name: 'TLS with an unknown authority', address: tlsTo(unknownCa) },
  { name: 'TLS with an expired certificate', address: tlsTo(expired) },
  { name: 'TLS with another name', address: tlsTo(otherName) },
  {
    name: 'an address that never answers',
    address: (given: string) => withHost(given, '192.0.2.1'),
    stalls: true,
  },
].map((fault) => ({ whole: false, stalls: false, ...fault }));

/** A kind of request that a run makes, how often, and what was answered to the first of it. */
interface Point {
  readonly system: string;
  readonly method: string;
  readonly path: string;
  readonly count: number;
  readonly seen: unknown;
}

/** Ids in paths: requests about different accounts are of one kind. */
const generalPath = (path: string) => path.replaceAll(/(?<=\/)(?:u_\w+|\d+|[0-9a-f]{40})(?=\/|$)/g, ':id');
const patternOf = (path: string) =>
  new RegExp(`^${path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(':id', '[^/]+')}$`);

/** Every request of a run without faults. */
async function pointsOf(job: JobName, command: Command) {
  const stage = await startStage(job);
  try {
    const answers = new Map<string, unknown>();
    for (const [system, server] of Object.entries(stage.servers))
      server.addFault({
        when: ({ method, path }) => !answers.has(`${system} ${method} ${generalPath(path)}`),
        trouble: {
          kind: 'act',
          act: async ({ request, response, handle }) => {
            const answer = await handle();
            const text = Buffer.isBuffer(answer.body) ? answer.body.toString() : answer.body;
            answers.set(`${system} ${request.method} ${generalPath(request.path)}`, jsonOf(text));
            const body = typeof text === 'object' ? JSON.stringify(text) : text;
            const type = typeof text === 'object' ? { 'content-type': 'application/json' } : {};
            response.writeHead(answer.status, { ...type, ...answer.headers }).end(body);
          },
        },
      });
    const { result } = await stage.run(command);
    const requests = Object.entries(stage.servers).flatMap(([system, { requests: all }]) =>
      all.map(({ method, path }) => `${system} ${method} ${generalPath(path)}`),
    );
    const counts = Map.groupBy(requests, (request) => request);
    const points = [...counts].map(([key, all]): Point => {
      const [system = '', method = '', path = ''] = key.split(' ');
      return { system, method, path, count: all.length, seen: answers.get(key) };
    });
    return { points, ldap: [...stage.ldap.operations], addresses: Object.keys(stage.addresses), result };
  } finally {
    await stage.close();
  }
}

function jsonOf(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text.replace(/^\)\]\}'\n/, ''));
  } catch {
    return undefined;
  }
}

/** The whole matrix, in the order of jobs, commands, systems and faults. */
export async function allCells(): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  for (const job of JOBS) for (const command of COMMANDS) cells.push(...(await cellsOf(job, command)));
  return cells;
}

async function cellsOf(job: JobName, command: Command): Promise<readonly Cell[]> {
  const { points, ldap, addresses } = await pointsOf(job, command);
  const about = { job, command };
  // What differs between commands is what a failed request does to them: the fields are the same.
  const isWhole = command === 'apply';
  const some = <T>(all: readonly T[], offset: number): readonly T[] =>
    isWhole ? all : all.filter((_, index) => index % 5 === offset % 5);
  const http = points.flatMap(({ system, method, path, count, seen }, offset): readonly Cell[] => {
    const faults = [
      ...HTTP_FAULTS,
      ...(seen === undefined ? [] : [...listFaults(seen), ...typeFaults(seen)]),
    ];
    const at = { ...about, system, request: `${method} ${path}`, method, path: patternOf(path) };
    return some(faults, offset).map((fault, index) => ({
      ...at,
      kind: 'http',
      position: positionOf(index, count),
      fault,
    }));
  });
  const directory = ldap.flatMap((operation, offset): readonly Cell[] =>
    some([...LDAP_FAULTS, ...ANSWER_FAULTS], offset).map((fault, index) => ({
      ...about,
      kind: 'ldap',
      system: 'ldap',
      request: `${operation} (${offset + 1})`,
      position: index % 4 === 3 ? 'every' : offset + 1,
      fault,
    })),
  );
  const gone = addresses.flatMap((system): readonly Cell[] =>
    ADDRESS_FAULTS.map((fault) => ({
      ...about,
      kind: 'address',
      system,
      request: 'all',
      position: 'every',
      fault,
    })),
  );
  return [...http, ...directory, ...gone];
}

/** The first, the one in the middle and every request take turns. */
const positionOf = (index: number, count: number): Position =>
  [1, 'every' as const, Math.ceil(count / 2), count][index % 4] ?? 1;
