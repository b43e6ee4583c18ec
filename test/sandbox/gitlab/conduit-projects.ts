import { ConduitFault, isRecord, type Params, refuseUnknown } from './conduit-call.ts';

/** One project. `slugs[0]` is the main one; `members` are PHIDs. Absent, archived and hidden ones look alike: no data. */
export interface PhabricatorProject {
  readonly id: number;
  readonly phid: string;
  name: string;
  slugs: string[];
  members: string[];
  archived?: boolean;
  /** The token's account may not see it. */
  hidden?: boolean;
}

/** `project.search` by slug or PHID, active projects only, with the whole list of members where it is asked for. */
export function searchProjects(params: Params, projects: readonly PhabricatorProject[]) {
  refuseUnknown('project.search', params, ['constraints', 'attachments']);
  const constraints = keysOf(params['constraints'], ['slugs', 'phids'], 'ERR-INVALID-CONSTRAINT');
  const attachments = keysOf(params['attachments'], ['members'], 'ERR-INVALID-ATTACHMENT');
  const slugs = listOf(constraints, 'slugs');
  const phids = listOf(constraints, 'phids');
  const found = projects
    .filter(({ hidden, archived }) => !hidden && !archived)
    .filter((project) => slugs.length === 0 || slugs.some((slug) => hasSlug(project, slug)))
    .filter(({ phid }) => phids.length === 0 || phids.includes(phid))
    .toSorted((a, b) => b.id - a.id);
  return {
    data: found.map((project) => projectEntity(project, Boolean(attachments['members']))),
    maps: {},
    query: { queryKey: null },
    cursor: { limit: 100, after: null, before: null, order: null },
  };
}

function keysOf(value: unknown, known: readonly string[], code: string): Params {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return {};
  if (!isRecord(value)) throw new ConduitFault(code, 'Expected a map.');
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return value;
  throw new ConduitFault(code, `"${unknown}" is not valid for this query.`);
}

function listOf(constraints: Params, name: string): readonly string[] {
  const value = constraints[name] ?? [];
  if (Array.isArray(value)) return value.map(String);
  throw new ConduitFault(
    'ERR-CONDUIT-CORE',
    `Error while reading "${name}": Expected a list, but value is not a list.`,
  );
}

const hasSlug = (project: PhabricatorProject, slug: string): boolean =>
  project.slugs.includes(slug) || project.slugs.includes(normalizeSlug(slug));

/** Phabricator's hashtag form of a name: lower case, a run of space or punctuation becomes `_`, a hyphen stays. */
export const normalizeSlug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[\s/#%&+=?\\<>{}[\]'"~!@$^*,:;(|)`_]+/g, '_')
    .replace(/^_+|_+$/g, '');

function projectEntity({ id, phid, name, slugs, members }: PhabricatorProject, withMembers: boolean) {
  return {
    id,
    type: 'PROJ',
    phid,
    fields: { name, slug: slugs[0] ?? null, milestone: null, depth: 0, parent: null, status: 'active' },
    attachments: withMembers ? { members: { members: members.map((member) => ({ phid: member })) } } : {},
  };
}
