import { z } from 'zod';

/** The fields of GitLab's answers that Muster reads. */
const Identity = z.object({ provider: z.string(), extern_uid: z.string().nullable() });

/** One account as an administrator sees it: others get no `identities`. */
export const Account = z.object({
  id: z.int().positive(),
  username: z.string().min(1),
  state: z.string().min(1),
  bot: z.boolean().default(false),
  identities: z.array(
    Identity,
    'none (found no list, allowed: a list; GITLAB_ACCESS_TOKEN has to be an administrator’s, with the scope api and, where Admin Mode is on, admin_mode)',
  ),
});
export const AccountPage = z.array(Account);

/** A refusal: `message` is text or faults by field; `error` takes its place where a token or a route is at fault. */
export const Refusal = z.object({
  message: z.unknown().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
});

/** The refusal of a request about an account that is not there. */
export const UserNotFound = Refusal.extend({ message: z.string().regex(/^404 user not found$/i) });

export type Account = z.infer<typeof Account>;
export type Identity = z.infer<typeof Identity>;

/** A GitLab state: the access of an account here. */
export type AccountState = string;

export const PENDING: AccountState = 'blocked_pending_approval';
export const ACTIVE: AccountState = 'active';
