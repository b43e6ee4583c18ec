import type { GitLabUser } from '../sandbox/gitlab/users.ts';
import type { Edit } from './edit.ts';

interface GitLabState {
  readonly users: GitLabUser[];
}

const userAt = ({ users }: GitLabState, id: string) => users.find((one) => `${one.id}` === id);

const onUser = (
  name: string,
  id: string,
  change: (user: GitLabUser) => void,
  isThere: (user: GitLabUser) => boolean,
): Edit<GitLabState> => ({
  name,
  account: id,
  make: (state) => {
    const user = userAt(state, id);
    if (user) change(user);
  },
  isThere: (state) => {
    const user = userAt(state, id);
    return user === undefined || isThere(user);
  },
});

/** What an administrator of GitLab does to an account of the plan meanwhile. */
export const gitlabEdits = (ids: readonly string[]): readonly Edit<GitLabState>[] =>
  ids.flatMap((id) => [
    onUser(
      'the account is blocked',
      id,
      (user) => {
        if (user.state === 'blocked_pending_approval') Object.assign(user, { state: 'blocked' });
      },
      ({ state }) => state !== 'blocked_pending_approval',
    ),
    onUser(
      'the account is approved',
      id,
      (user) => void Object.assign(user, { state: 'active' }),
      ({ state }) => state === 'active',
    ),
    {
      name: 'the account is deleted',
      account: id,
      make: ({ users }: GitLabState) => {
        const index = users.findIndex((one) => `${one.id}` === id);
        if (index >= 0) users.splice(index, 1);
      },
      isThere: (state: GitLabState) => userAt(state, id) === undefined,
    },
    onUser(
      'the identity changes',
      id,
      (user) =>
        void Object.assign(user, {
          identities: [{ provider: 'openid_connect', extern_uid: 'somebody-else' }],
        }),
      ({ identities }) => identities?.[0]?.extern_uid === 'somebody-else',
    ),
    onUser(
      'the account is renamed',
      id,
      (user) => void Object.assign(user, { username: `x-${id}` }),
      ({ username }) => username === `x-${id}`,
    ),
  ]);
