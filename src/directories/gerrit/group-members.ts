import { z } from 'zod';
import type { Run } from '../../engine/run.ts';
import type { Reading } from '../../engine/stages.ts';
import { SourceError } from '../../platform/errors.ts';
import { jsonOf, parseAs, redact, textOf } from '../../platform/http-answer.ts';
import { type ConcurrencyLimit, createHttpClient, type HttpSystem } from '../../platform/http-client.ts';

/** How to reach a Gerrit. `root` is what stands before `/a/`; `password` is the user's HTTP password. */
export interface GerritSettings {
  readonly root: string;
  readonly user: string;
  readonly password: string;
  readonly concurrency?: ConcurrencyLimit;
}

/** What stands before every JSON answer, so that no page can run it as a script. */
const PREFIX = ")]}'";
const REPEATS = 3;

const Members = z.array(
  z.object({
    _account_id: z.int(),
    username: z.string().optional(),
    inactive: z.boolean().optional(),
  }),
);

/**
 * The usernames of a group's active members, included groups counted. Refuses a group that can't be found and an answer without the prefix.
 * Members who are in by an included LDAP group are not among them: Gerrit does not list those.
 */
export async function readGroupMembers(
  settings: GerritSettings,
  group: string,
  run: Run,
): Promise<Reading<readonly string[]>> {
  const credentials = Buffer.from(`${settings.user}:${settings.password}`).toString('base64');
  const system: HttpSystem = {
    name: 'gerrit',
    root: settings.root,
    headers: { authorization: `Basic ${credentials}`, accept: 'application/json' },
    secrets: [settings.password, credentials],
    ...(settings.concurrency ? { concurrency: settings.concurrency } : {}),
  };
  const answer = await createHttpClient(
    system,
    run,
  )({
    method: 'GET',
    path: `/a/groups/${encodeURIComponent(group)}/members/`,
    query: { recursive: '' },
    retries: REPEATS,
  });
  const { status, where } = answer;
  if (status === 404)
    throw new SourceError(
      `${where}: the group can’t be found (found 404, allowed 200, GERRIT_TRUSTED_GROUP)`,
    );
  if (status !== 200) {
    const said = redact(system, textOf(answer));
    throw new SourceError(`${where}: refused (found ${status}, allowed 200): ${said}`);
  }
  const members = parseAs(Members, jsonOf(answer, PREFIX), where);
  const active = members.filter(({ inactive }) => inactive !== true);
  const usernames = active.flatMap(({ username }) => (username === undefined ? [] : [username]));
  return { facts: usernames, entries: usernames.length, version: null };
}
