import { z } from 'zod';
import type { Run } from '../../engine/run-types.ts';
import type { Reading } from '../../engine/stage-types.ts';
import { SourceError } from '../../platform/errors.ts';
import { jsonOf, parseAs, redact, textOf } from '../../platform/http-answer.ts';
import { type ConcurrencyLimit, createHttpClient, type HttpSystem } from '../../platform/http-client.ts';
import { sameName } from '../same-name.ts';

/**
 * Reads a group's members, included groups counted. Throws `SourceError` for a group that can't be found and an answer without the prefix.
 * Members who are in by an included LDAP group are not among them: Gerrit does not list those.
 */
export async function readGroupMembers(
  settings: GerritSettings,
  group: string,
  run: Run,
): Promise<Reading<GroupMembers>> {
  const credentials = Buffer.from(`${settings.user}:${settings.password}`).toString('base64');
  const system: HttpSystem = {
    name: 'gerrit',
    root: settings.root,
    headers: { authorization: `Basic ${credentials}`, accept: 'application/json' },
    secrets: [settings.password, credentials],
    ...(settings.concurrency ? { concurrency: settings.concurrency } : {}),
  };
  const path = `/a/groups/${encodeURIComponent(group)}/members/`;
  const request = { method: 'GET', path, query: { recursive: '' }, retries: REPEATS } as const;
  const answer = await createHttpClient(system, run)(request);
  const { status, where } = answer;
  if (status !== 200) {
    const cause = CAUSES[status] ?? redact(system, textOf(answer));
    throw new SourceError(`${where}: refused (found ${status}, allowed 200): ${cause}`);
  }
  const members = parseAs(Members, jsonOf(answer, PREFIX), where);
  const active = members.filter(({ inactive }) => inactive !== true);
  const usernames = active.flatMap(({ username }) => (username === undefined ? [] : [username]));
  const isCaller = ({ username }: Member) => username !== undefined && sameName(username, settings.user);
  const isHidden = members.every((member) => member.username === undefined || isCaller(member));
  return { facts: { usernames, isHidden }, entries: usernames.length, version: null };
}

/** How to reach a Gerrit. `root` is the address before `/a/`; `password` is the user's HTTP password. */
export interface GerritSettings {
  readonly root: string;
  readonly user: string;
  readonly password: string;
  readonly concurrency?: ConcurrencyLimit;
}

/** Gerrit's prefix of every JSON answer: with it, no web page can run the answer as a script. */
const PREFIX = ")]}'";
const REPEATS = 3;

const Members = z.array(
  z.object({
    _account_id: z.int(),
    username: z.string().optional(),
    inactive: z.boolean().optional(),
  }),
);

type Member = z.infer<typeof Members>[number];

/** The usernames of a group's active members. `isHidden` if no name but the caller's is shown: then the group is most likely not visible. */
export interface GroupMembers {
  readonly usernames: readonly string[];
  readonly isHidden: boolean;
}

/** The most likely cause of a status. The address of a redirect is in `where`. */
const CAUSES: Readonly<Record<number, string>> = {
  302: 'GERRIT_URL has to be the address that needs no redirect',
  401: 'GERRIT_USER or GERRIT_PASSWORD (the HTTP password) is wrong',
  404: 'the group can’t be found, or GERRIT_USER may not see it (GERRIT_TRUSTED_GROUP or the policy)',
  405: 'the group has to be an internal one of Gerrit, not one of LDAP or the system',
};
