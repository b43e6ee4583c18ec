import { z } from 'zod';
import type { Run } from '../../engine/run-types.ts';
import type { Reading } from '../../engine/stage-types.ts';
import { SourceError } from '../../platform/errors.ts';
import { parseAs } from '../../platform/http-answer.ts';
import { nameKey, sameName } from '../same-name.ts';
import { type Conduit, ConduitError, createConduit, type PhabricatorSettings } from './conduit.ts';

/**
 * Who of these people is in a project (slug or PHID), by the Phabricator account linked to one of their LDAP `cn`s; keyed like `people`.
 * The token's account is checked first. Refuses a project that can't be found.
 */
export async function readProjectMembers(
  settings: PhabricatorSettings,
  { project, people, bots = false }: ProjectQuestion,
  run: Run,
): Promise<Reading<ReadonlyMap<string, Membership>>> {
  const conduit = createConduit(settings, run);
  await checkViewer(conduit, settings.user);
  const accounts = await linkedAccounts(conduit, [...new Set([...people.values()].flat())]);
  const members = accounts.length > 0 ? await membersOf(conduit, project) : new Set<string>();
  const byName = Map.groupBy(accounts, ({ ldap_username: name }) => nameKey(name));
  const facts = new Map(
    [...people].map(([key, names]) => [key, membership(names, { byName, members, project, bots })]),
  );
  return { facts, entries: accounts.length, version: null };
}

/** Whether a person is in a project, and why. `worthReporting` is true if a no has a reason that a person has to fix. */
export interface Membership {
  readonly isMember: boolean;
  readonly because: string;
  readonly worthReporting?: boolean;
}

const NAMES_IN_A_CALL = 100;
const ROWS_IN_AN_ANSWER = 100;

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

/** Which project, and the LDAP `cn`s of each person by any key. With `bots`, accounts of programs count too. */
export interface ProjectQuestion {
  readonly project: string;
  readonly people: ReadonlyMap<string, readonly string[]>;
  readonly bots?: boolean;
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
      const before = found.size;
      for (const row of rows) found.set(`${row.phid} ${row.ldap_username}`, row);
      if (rows.length < ROWS_IN_AN_ANSWER) break;
      if (found.size === before)
        throw new SourceError(`phabricator: user.ldapquery: the page at ${offset} repeats the ones before`);
    }
  }
  return [...found.values()];
}

/** Reads the accounts linked to these names. Conduit reports a name without an account as an error, unless another name of the request has one. */
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

/** The words of Wikimedia's extension for Phorge (August 2026, `user.ldapquery`). */
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
      `${where}: no one project is ${project} (found ${data.length}, allowed 1): it is absent, archived, or hidden from PHABRICATOR_USER (see PHABRICATOR_TRUSTED_PROJECT or the policy)`,
    );
  }
  return new Set(found.attachments.members.members.map(({ phid }) => phid));
}

interface Found {
  readonly byName: ReadonlyMap<string, readonly Account[]>;
  readonly members: ReadonlySet<string>;
  readonly project: string;
  readonly bots: boolean;
}

function membership(names: readonly string[], found: Found): Membership {
  const linked = names.flatMap((name) => found.byName.get(nameKey(name)) ?? []);
  const [account, ...others] = [...new Map(linked.map((one) => [one.phid, one])).values()];
  if (!account) return { isMember: false, because: 'no Phabricator account is linked to this name' };
  if (others.length > 0) {
    const all = [account, ...others].map(({ userName }) => userName).join(', ');
    const because = `${others.length + 1} Phabricator accounts are linked to this name: ${all}`;
    return { isMember: false, because, worthReporting: true };
  }
  const { userName, phid } = account;
  const unusable = whyUnusable(account, found);
  if (unusable !== undefined) {
    const because = `the Phabricator account ${userName} is ${unusable}`;
    return { isMember: false, because, worthReporting: true };
  }
  const isMember = found.members.has(phid);
  return { isMember, because: `${userName} is ${isMember ? '' : 'not '}in Phabricator ${found.project}` };
}

/** Why an account does not count: it is disabled, a bot or the like (roles as observed on Phorge of August 2026). */
function whyUnusable({ roles }: Account, { bots }: Found): string | undefined {
  if (roles.includes('disabled')) return 'disabled';
  if (roles.includes('list')) return 'a mailing list';
  if (roles.includes('agent') && !bots) return 'a bot (PHABRICATOR_TRUST_BOTS is false)';
  return roles.includes('activated') ? undefined : `not activated (found ${roles.join(', ') || 'no role'})`;
}
