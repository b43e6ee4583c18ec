import { z } from 'zod';
import type { Run } from '../../engine/run.ts';
import type { Reading } from '../../engine/stages.ts';
import { SourceError } from '../../platform/errors.ts';
import { jsonOf, parseAs, redact, textOf } from '../../platform/http-answer.ts';
import { type ConcurrencyLimit, createHttpClient, type HttpSystem } from '../../platform/http-client.ts';
import { nameKey, sameName } from '../names.ts';

/** How to reach a Phabricator. `root` is its address; `token` is the Conduit token of the account named `user`. */
export interface PhabricatorSettings {
  readonly root: string;
  readonly user: string;
  readonly token: string;
  readonly concurrency?: ConcurrencyLimit;
}

/** Whether someone is in a project, and what was found. `told` where a no has a reason worth telling. */
export interface Membership {
  readonly isMember: boolean;
  readonly because: string;
  readonly worthReporting?: boolean;
}

/** Asks Conduit. Throws `ConduitError` for an error inside a 200, `SourceError` for anything that is no answer of Conduit's. */
export type Conduit = (method: string, params: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** An error as Conduit reports it. */
export class ConduitError extends SourceError {
  readonly code: string;
  readonly info: string;
  constructor(where: string, code: string, info: string) {
    super(`${where}: refused (found ${code}, allowed no error): ${info}`);
    this.name = 'ConduitError';
    this.code = code;
    this.info = info;
  }
}

/** The methods that change nothing; each other one counts as a write. */
const READ_METHODS = ['user.whoami', 'user.ldapquery', 'project.search'];
const REPEATS = 3;
const NAMES_IN_A_CALL = 100;
const ROWS_IN_AN_ANSWER = 100;

const Envelope = z.object({
  result: z.unknown(),
  error_code: z.string().nullable(),
  error_info: z.string().nullable(),
});
const Viewer = z.object({ userName: z.string() });
const Accounts = z.array(
  z.object({
    phid: z.string().min(1),
    userName: z.string(),
    roles: z.array(z.string()),
    ldap_username: z.string(),
  }),
);
const Projects = z.object({
  data: z.array(
    z.object({
      phid: z.string(),
      attachments: z.object({
        members: z.object({ members: z.array(z.object({ phid: z.string().min(1) })) }),
      }),
    }),
  ),
});
type Account = z.infer<typeof Accounts>[number];

/** Conduit as `run` reaches it: form-encoded, parameters as one JSON object so that types are kept. */
export function createConduit({ root, token, concurrency }: PhabricatorSettings, run: Run): Conduit {
  const system: HttpSystem = {
    name: 'phabricator',
    root,
    secrets: [token],
    writes: ({ path }) => !READ_METHODS.some((method) => path === `/api/${method}`),
    ...(concurrency ? { concurrency } : {}),
  };
  const send = createHttpClient(system, run);
  return async (method, params) => {
    const answer = await send({
      method: 'POST',
      path: `/api/${method}`,
      form: { params: JSON.stringify({ ...params, __conduit__: { token } }), output: 'json' },
      operation: method,
      retries: READ_METHODS.includes(method) ? REPEATS : 0,
    });
    const { status, where } = answer;
    if (status !== 200) {
      throw new SourceError(
        `${where}: refused (found ${status}, allowed 200): ${redact(system, textOf(answer))}`,
      );
    }
    const { result, error_code: code, error_info: info } = parseAs(Envelope, jsonOf(answer), where);
    if (code !== null) throw new ConduitError(where, code, redact(system, info ?? ''));
    return result;
  };
}

/**
 * Who of these people is in a project (slug or PHID), by the Phabricator account linked to one of their LDAP `cn`s; keyed like `people`.
 * The token's account is checked first. Refuses a project that can't be found.
 */
export async function readProjectMembers(
  settings: PhabricatorSettings,
  { project, people }: { project: string; people: ReadonlyMap<string, readonly string[]> },
  run: Run,
): Promise<Reading<ReadonlyMap<string, Membership>>> {
  const conduit = createConduit(settings, run);
  await checkViewer(conduit, settings.user);
  const accounts = await linkedAccounts(conduit, [...new Set([...people.values()].flat())]);
  const members = accounts.length > 0 ? await membersOf(conduit, project) : new Set<string>();
  const byName = Map.groupBy(accounts, ({ ldap_username: name }) => nameKey(name));
  const facts = new Map(
    [...people].map(([key, names]) => [key, membership(names, { byName, members, project })]),
  );
  return { facts, entries: accounts.length, version: null };
}

async function checkViewer(conduit: Conduit, user: string): Promise<void> {
  const { userName } = parseAs(Viewer, await conduit('user.whoami', {}), 'phabricator: user.whoami');
  if (sameName(userName, user)) return;
  throw new SourceError(
    `phabricator: user.whoami: the token is another account’s (found ${userName}, allowed ${user}, PHABRICATOR_USER)`,
  );
}

async function linkedAccounts(conduit: Conduit, names: readonly string[]): Promise<readonly Account[]> {
  const found = new Map<string, Account>();
  for (let at = 0; at < names.length; at += NAMES_IN_A_CALL) {
    const ldapnames = names.slice(at, at + NAMES_IN_A_CALL);
    for (let offset = 0; ; offset += ROWS_IN_AN_ANSWER) {
      const rows = await ldapQuery(conduit, ldapnames, offset);
      for (const row of rows) found.set(`${row.phid} ${row.ldap_username}`, row);
      if (rows.length < ROWS_IN_AN_ANSWER) break;
    }
  }
  return [...found.values()];
}

/** A name that nobody linked is an error to Conduit, unless another name of the call is known. */
async function ldapQuery(
  conduit: Conduit,
  ldapnames: readonly string[],
  offset: number,
): Promise<readonly Account[]> {
  try {
    const result = await conduit('user.ldapquery', { ldapnames, offset, limit: ROWS_IN_AN_ANSWER });
    return parseAs(Accounts, result, 'phabricator: user.ldapquery');
  } catch (error) {
    if (error instanceof ConduitError && isNotLinked(error)) return [];
    throw error;
  }
}

const isNotLinked = ({ code, info }: ConduitError) =>
  code === 'ERR-INVALID-PARAMETER' && info.startsWith('Unknown or missing ldap names');

async function membersOf(conduit: Conduit, project: string): Promise<ReadonlySet<string>> {
  const where = 'phabricator: project.search';
  const constraints = project.startsWith('PHID-PROJ-') ? { phids: [project] } : { slugs: [project] };
  const result = await conduit('project.search', { constraints, attachments: { members: true } });
  const { data } = parseAs(Projects, result, where);
  const [found] = data;
  if (!found || data.length > 1) {
    throw new SourceError(
      `${where}: no one project is ${project} (found ${data.length}, allowed 1, PHABRICATOR_TRUSTED_PROJECT)`,
    );
  }
  return new Set(found.attachments.members.members.map(({ phid }) => phid));
}

function membership(
  names: readonly string[],
  found: { byName: ReadonlyMap<string, readonly Account[]>; members: ReadonlySet<string>; project: string },
): Membership {
  const linked = names.flatMap((name) => found.byName.get(nameKey(name)) ?? []);
  const [account, ...others] = [...new Map(linked.map((one) => [one.phid, one])).values()];
  if (!account) return { isMember: false, because: 'no Phabricator account is linked to this name' };
  if (others.length > 0) {
    const all = [account, ...others].map(({ userName }) => userName).join(', ');
    const because = `${others.length + 1} Phabricator accounts are linked to this name: ${all}`;
    return { isMember: false, because, worthReporting: true };
  }
  const { userName, roles, phid } = account;
  if (roles.includes('disabled'))
    return {
      isMember: false,
      because: `the Phabricator account ${userName} is disabled`,
      worthReporting: true,
    };
  const isMember = found.members.has(phid);
  return { isMember, because: `${userName} is ${isMember ? '' : 'not '}in Phabricator ${found.project}` };
}
