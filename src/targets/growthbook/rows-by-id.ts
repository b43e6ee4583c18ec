import type { Member } from './schema.ts';

/** A member list by id. */
export type Rows = ReadonlyMap<string, Member>;

/** Indexes a member list by id. */
export const byId = (members: readonly Member[]): Rows =>
  new Map(members.map((member) => [member.id, member]));
