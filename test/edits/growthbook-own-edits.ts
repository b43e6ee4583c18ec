import { PROJECT } from '../sandbox/growthbook/example.ts';
import type { GrowthBookState, MemberRow, ProjectRoleRow } from '../sandbox/growthbook/state.ts';
import type { Edit } from './edit.ts';

type Change = (row: MemberRow) => void;

const DEV = { environments: ['dev'], limitAccessByEnvironment: true };
const EVERYWHERE = { environments: [], limitAccessByEnvironment: false };
const CAN_BE_LIMITED = ['engineer', 'experimenter', 'CustomElevatedAccess'];

const rowIn = ({ members }: GrowthBookState, id: string) => members.find((one) => one.id === id);
const entryIn = (row: MemberRow | undefined) => row?.projectRoles?.find(({ project }) => project === PROJECT);

/** Changes the entry of the project, which is made where it is missing. */
const onEntry =
  (change: (entry: ProjectRoleRow) => ProjectRoleRow | undefined): Change =>
  (row) => {
    const before = entryIn(row) ?? { project: PROJECT, role: row.role, ...EVERYWHERE };
    const after = change(before);
    const others = (row.projectRoles ?? []).filter(({ project }) => project !== PROJECT);
    row.projectRoles = after === undefined ? others : [...others, after];
  };

/** Limits a role to an environment; one that cannot be limited becomes one that can. */
const limited = <R extends { role: string }>(row: R): R => ({
  ...row,
  role: CAN_BE_LIMITED.includes(row.role) ? row.role : 'engineer',
  ...DEV,
});

const then =
  (first: Change, second: Change): Change =>
  (row) => {
    first(row);
    second(row);
  };

/** What an administrator does by hand to what the rules decide. */
const BY_HAND: Readonly<Record<string, Change>> = {
  'a role on the project': onEntry((entry) => ({ ...entry, role: 'experimenter', ...EVERYWHERE })),
  'no entry for the project': onEntry(() => undefined),
  'an additional role on the project': onEntry((entry) => ({
    ...entry,
    additionalRoles: [{ role: 'analyst', ...EVERYWHERE }],
  })),
  'an additional role of its own': (row) => {
    row.additionalRoles = [{ role: 'engineer', ...EVERYWHERE }];
  },
  'a higher global role': (row) => {
    row.role = 'engineer';
  },
  'a limit on the project': onEntry(limited),
  'a limit of its own': (row) => void Object.assign(row, limited(row)),
};

/** Limits that are there before the run. */
const LIMITS: Readonly<Record<string, Change>> = {
  'a limit to another environment': onEntry((entry) => ({ ...entry, environments: ['production'] })),
  'a limit to one environment more': onEntry((entry) => ({ ...entry, environments: ['dev', 'production'] })),
  'a limit that is taken away': onEntry((entry) => ({ ...entry, ...EVERYWHERE })),
};

const edit = (name: string, id: string, change: Change, prepare?: Change): Edit<GrowthBookState> => ({
  name: `${id}: ${name}`,
  account: id,
  isRuled: true,
  prepare: (state) => {
    for (const role of state.customRoles) role.limitedByEnvironment = true;
    const row = rowIn(state, id);
    if (row) prepare?.(row);
  },
  make: (state) => {
    const row = rowIn(state, id);
    if (row) change(row);
  },
  isThere: () => true,
});

/** A role that the rules replace by one that can be limited as well, and one that they keep without what is added to it. */
const ENGINEER = onEntry((entry) => ({ ...entry, role: 'engineer', ...EVERYWHERE }));
const ANALYST_TOO = onEntry((entry) => ({
  ...entry,
  additionalRoles: [{ role: 'analyst', ...EVERYWHERE }],
}));

/** Accounts that lose, that gain, and that keep what they have. */
const ACCOUNTS = ['u_jonas', 'u_farid', 'u_xena', 'u_dmitri'];

/** What is edited by hand although the rules decide it: the run does what they say, or says what it found. */
export const GROWTHBOOK_OWN_EDITS: readonly Edit<GrowthBookState>[] = [
  ...ACCOUNTS.flatMap((id) => Object.entries(BY_HAND).map(([name, change]) => edit(name, id, change))),
  ...['u_farid', 'u_dmitri', 'u_cleo'].flatMap((id) =>
    Object.entries(LIMITS).map(([name, change]) => edit(name, id, change, onEntry(limited))),
  ),
  ...Object.entries(LIMITS).flatMap(([name, change]) => [
    edit(`${name}, as an engineer`, 'u_xena', change, then(ENGINEER, onEntry(limited))),
    edit(`${name}, and an additional role`, 'u_dmitri', change, then(ANALYST_TOO, onEntry(limited))),
  ]),
  edit('a limit on the project, as an engineer', 'u_xena', onEntry(limited), ENGINEER),
  edit('a limit on the project, and an additional role', 'u_dmitri', onEntry(limited), ANALYST_TOO),
  edit('another additional role', 'u_olga', (row) => {
    row.additionalRoles = [{ role: 'engineer', ...EVERYWHERE }];
  }),
  edit('another global role', 'u_nils', (row) => {
    row.role = 'experimenter';
  }),
];
