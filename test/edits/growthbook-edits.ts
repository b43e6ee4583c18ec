import type { GrowthBookState, MemberRow } from '../sandbox/growthbook/state.ts';
import type { Edit } from './edit.ts';

const SEARCH = 'prj_search';

function row(state: GrowthBookState, id: string): MemberRow | undefined {
  return state.members.find((one) => one.id === id);
}

/** An edit of one row, and whether it is still there. A row that is gone has no edit to lose. */
const onRow = (
  name: string,
  id: string,
  change: (row: MemberRow) => void,
  isThere: (row: MemberRow) => boolean,
): Edit<GrowthBookState> => ({
  name,
  account: id,
  make: (state) => {
    const found = row(state, id);
    if (found) change(found);
  },
  isThere: (state) => {
    const found = row(state, id);
    return found === undefined || isThere(found);
  },
});

/** What administrators and sign-ins do meanwhile. The accounts are those of the plan, early, in the middle and late. */
export const GROWTHBOOK_EDITS: readonly Edit<GrowthBookState>[] = [
  ...['u_jonas', 'u_farid', 'u_xena'].flatMap((id) => [
    onRow(
      'another project’s entry is added',
      id,
      (member) => {
        member.projectRoles = [
          ...(member.projectRoles ?? []),
          { project: SEARCH, role: 'analyst', environments: [], limitAccessByEnvironment: false },
        ];
      },
      ({ projectRoles = [] }) =>
        projectRoles.some(({ project, role }) => project === SEARCH && role === 'analyst'),
    ),
    onRow(
      'another project’s entries are taken away',
      id,
      (member) => {
        member.projectRoles = (member.projectRoles ?? []).filter(({ project }) => project !== SEARCH);
      },
      ({ projectRoles = [] }) => !projectRoles.some(({ project }) => project === SEARCH),
    ),
    onRow(
      'the member joins a team',
      id,
      (member) => {
        member.teams = [...new Set([...(member.teams ?? []), 'team_experimenters'])];
      },
      ({ teams = [] }) => teams.includes('team_experimenters'),
    ),
    {
      name: 'the member leaves the organisation',
      account: id,
      make: (state: GrowthBookState) => {
        state.members = state.members.filter((one) => one.id !== id);
      },
      isThere: (state: GrowthBookState) => row(state, id) === undefined,
    },
    {
      name: 'the address changes',
      account: id,
      make: ({ users }: GrowthBookState) => {
        const user = users.get(id);
        if (user) user.email = `${id}@elsewhere.example`;
      },
      isThere: ({ users }: GrowthBookState) => users.get(id)?.email === `${id}@elsewhere.example`,
    },
  ]),
  {
    name: 'somebody signs in, and the whole list is written anew',
    account: null,
    make: (state) => {
      state.members = state.members.map((member) => ({
        ...member,
        ...(member.id === 'u_bela' ? { lastLoginDate: '2026-06-01T12:00:00Z' } : {}),
      }));
    },
    isThere: (state) => row(state, 'u_bela')?.lastLoginDate !== undefined,
  },
  {
    name: 'somebody joins',
    account: null,
    make: (state) => {
      if (row(state, 'u_new')) return;
      state.members = [...state.members, { id: 'u_new', role: 'noaccess', projectRoles: [] }];
      state.users.set('u_new', { email: 'new@example.org', dateCreated: '2026-06-01T12:00:00Z' });
    },
    isThere: (state) => row(state, 'u_new') !== undefined,
  },
];
