import type { HttpFault } from '../sandbox/faults/fault.ts';
import { HTTP_FAULTS } from '../sandbox/faults/http-faults.ts';
import { ADDRESS_FAULTS, type AddressFault } from './address-faults.ts';
import { listFaults, typeFaults } from './json-faults.ts';
import { ANSWER_FAULTS } from './ldap-answers.ts';
import { LDAP_FAULTS, type LdapFault } from './ldap-faults.ts';
import { lengthFaults, lengthsIn } from './ldap-lengths.ts';
import { OWN_REFUSALS } from './own-refusals.ts';
import { type Command, type JobName, startScenario } from './scenario.ts';

export const JOBS: readonly JobName[] = ['growthbook-roles', 'gitlab-approvals'];
/** Those of the program; the two of HTTP run a part of their cells. */
const COMMANDS: readonly Command[] = ['apply', 'plan', 'check', 'explain'];

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
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly path: RegExp;
      /** How many such requests a run makes. */
      readonly count: number;
      readonly fault: HttpFault;
    }
  | { readonly kind: 'ldap'; readonly operation: string; readonly fault: LdapFault }
  | { readonly kind: 'address'; readonly fault: AddressFault }
);

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
  const scenario = await startScenario(job);
  try {
    const answers = new Map<string, unknown>();
    for (const [system, server] of Object.entries(scenario.servers))
      server.addFault({
        when: ({ method, path }) => !answers.has(`${system} ${method} ${generalPath(path)}`),
        effect: {
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
    const lengths = new Map<number, number>();
    scenario.ldap.fault = {
      nth: 'every',
      act: ({ messages, client, number }) => {
        lengths.set(number, Math.max(...messages.map((message) => lengthsIn(message).length)));
        client.write(Buffer.concat(messages));
      },
    };
    await scenario.run(command);
    const requests = Object.entries(scenario.servers).flatMap(([system, { requests: all }]) =>
      all.map(({ method, path }) => `${system} ${method} ${generalPath(path)}`),
    );
    const counts = Map.groupBy(requests, (request) => request);
    const points = [...counts].map(([key, all]): Point => {
      const [system = '', method = '', path = ''] = key.split(' ');
      return { system, method, path, count: all.length, seen: answers.get(key) };
    });
    const ldap = scenario.ldap.operations.map((operation, index) => ({
      operation,
      lengths: lengths.get(index + 1) ?? 0,
    }));
    return { points, ldap, addresses: Object.keys(scenario.addresses) };
  } finally {
    await scenario.close();
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
  return [...cells, ...overHttp(cells)];
}

/** The same over HTTP, as plan (GET) and as apply (POST): each fault of each system once, and each wrong type and list once a system. */
function overHttp(cells: readonly Cell[]): readonly Cell[] {
  const seen = new Set<string>();
  const forms = { plan: 'GET', apply: 'POST' } as const;
  return cells.flatMap((cell): readonly Cell[] => {
    if (cell.command !== 'plan' && cell.command !== 'apply') return [];
    const fault = / becomes |: (?:a row|without|one|a million)/.exec(cell.fault.name)?.[0] ?? cell.fault.name;
    const key = [cell.job, cell.command, cell.system, fault].join(' ');
    // A fault at one request alone is often made good by the next attempt.
    if (cell.position !== 'every' && cell.kind !== 'http') return [];
    if (cell.kind === 'http' && !fault.includes(' becomes ') && cell.position !== 'every' && cell.count > 1)
      return [];
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ ...cell, command: forms[cell.command] }];
  });
}

async function cellsOf(job: JobName, command: Command): Promise<readonly Cell[]> {
  const { points, ldap, addresses } = await pointsOf(job, command);
  const about = { job, command };
  const http = points.flatMap(({ system, method, path, count, seen }): readonly Cell[] => {
    const at = { ...about, system, request: `${method} ${path}`, method, path: patternOf(path), count };
    const cellsWith = (faults: readonly HttpFault[], positions: readonly Position[]): readonly Cell[] =>
      positions.flatMap((position) => faults.map((fault) => ({ ...at, kind: 'http', position, fault })));
    const changed = seen === undefined ? [] : [...listFaults(seen), ...typeFaults(seen)];
    // A whole answer is never asked for again: where there is one request, it is every request.
    return [
      ...cellsWith([...HTTP_FAULTS, ...(OWN_REFUSALS[system] ?? [])], [...placesIn(count), 'every']),
      ...cellsWith(changed, count === 1 ? [1] : [...placesIn(count), 'every']),
    ];
  });
  const at = { ...about, kind: 'ldap', system: 'ldap' } as const;
  const single = ldap.flatMap(({ operation, lengths }, index): readonly Cell[] =>
    [...LDAP_FAULTS, ...ANSWER_FAULTS, ...lengthFaults(lengths)].map((fault) => ({
      ...at,
      request: `${operation} (${index + 1})`,
      operation,
      position: index + 1,
      fault,
    })),
  );
  const alike = [...new Set(ldap.map(({ operation }) => operation))].flatMap((operation): readonly Cell[] =>
    [...LDAP_FAULTS, ...ANSWER_FAULTS].map((fault) => ({
      ...at,
      request: operation,
      operation,
      position: 'every',
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
  return [...http, ...single, ...alike, ...gone];
}

/** The first, the second or the one in the middle, and the last of so many requests. */
const placesIn = (count: number): readonly number[] => [
  ...new Set([1, count === 2 ? 2 : Math.ceil(count / 2), count]),
];
