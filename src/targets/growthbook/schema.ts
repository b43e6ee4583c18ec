import { z } from 'zod';

/** The fields of GrowthBook's answers that Muster reads. Rows of old members are without the optional ones. */
const limit = {
  environments: z.array(z.string()).default([]),
  limitAccessByEnvironment: z.boolean().default(false),
};

const AdditionalRole = z.object({ role: z.string(), ...limit });

const ProjectRole = z.object({
  project: z.string(),
  role: z.string(),
  ...limit,
  additionalRoles: z.array(AdditionalRole).optional(),
});

export const Member = z.object({
  id: z.string().min(1),
  email: z.string(),
  globalRole: z.string().min(1),
  teams: z.array(z.string()).default([]),
  ...limit,
  additionalRoles: z.array(AdditionalRole).default([]),
  projectRoles: z.array(ProjectRole).default([]),
  managedbyIdp: z.boolean(),
});

export const MemberPage = z.object({
  members: z.array(Member),
  total: z.int().nonnegative(),
  hasMore: z.boolean(),
  nextOffset: z.int().nullable(),
});

export const Team = z.object({
  id: z.string().min(1),
  name: z.string().default(''),
  role: z.string(),
  ...limit,
  additionalRoles: z.array(AdditionalRole).default([]),
  projectRoles: z.array(ProjectRole).default([]),
  members: z.array(z.string()).default([]),
});

export const TeamList = z.object({ teams: z.array(Team) });
export const ProjectAnswer = z.object({ project: z.object({ id: z.string() }) });
export const SettingsAnswer = z.object({
  settings: z.object({ defaultRole: z.object({ role: z.string() }) }),
});
export const WriteAnswer = z.object({ updatedMember: z.object({}) });
export const Refusal = z.object({ message: z.string() });

export type AdditionalRole = z.infer<typeof AdditionalRole>;
export type ProjectRole = z.infer<typeof ProjectRole>;
export type Member = z.infer<typeof Member>;
export type Team = z.infer<typeof Team>;
export type MemberPage = z.infer<typeof MemberPage>;

/** A member's name for people: the address, or the id where there is none. */
export const labelOf = ({ id, email }: Pick<Member, 'id' | 'email'>): string =>
  email.trim() === '' ? id : email;
