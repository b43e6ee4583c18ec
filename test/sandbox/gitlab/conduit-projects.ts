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

const CONSTRAINTS = ['ids', 'phids', 'slugs', 'members', 'status', 'query'];
const ATTACHMENTS = ['members', 'watchers', 'ancestors', 'slugs'];
const MAX_LIMIT = 100;

/** `project.search`: by default only active projects, 100 a page; an empty list constrains nothing. */
export function searchProjects(params: Params, projects: readonly PhabricatorProject[]) {
  refuseUnknown('project.search', params, [
    'queryKey',
    'constraints',
    'attachments',
    'order',
    'before',
    'after',
    'limit',
  ]);
  if (params['queryKey'])
    throw new ConduitFault('ERR-BAD-QUERYKEY', `Query key "${params['queryKey']}" is not known.`);
  const constraints = keysOf(params['constraints'], CONSTRAINTS, 'ERR-INVALID-CONSTRAINT');
  const attachments = keysOf(params['attachments'], ATTACHMENTS, 'ERR-INVALID-ATTACHMENT');
  const limit = limitOf(params['limit']);
  const matches = projects
    .filter((project) => !project.hidden && matchesAll(project, constraints))
    .toSorted((a, b) => b.id - a.id)
    .filter(({ id }) => !params['after'] || id < Number(params['after']));
  const found = matches.slice(0, limit);
  return {
    data: found.map((project) => projectEntity(project, attachments)),
    maps: { slugMap: slugMap(constraints, found) },
    query: { queryKey: null },
    cursor: {
      limit,
      after: matches.length > limit ? String(found.at(-1)?.id) : null,
      before: null,
      order: null,
    },
  };
}

function keysOf(value: unknown, known: readonly string[], code: string): Params {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return {};
  if (!isRecord(value)) throw new ConduitFault(code, 'Expected a map.');
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return value;
  throw new ConduitFault(code, `"${unknown}" is not valid for this query.`);
}

function limitOf(value: unknown): number {
  const limit = value === undefined || value === '' ? MAX_LIMIT : Number(value);
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new ConduitFault(
    'ERR-INVALID-PAGE-SIZE',
    `Maximum page size for Conduit API method calls is ${MAX_LIMIT}.`,
  );
}

function listOf(constraints: Params, name: string): readonly string[] {
  const value = constraints[name] ?? [];
  if (Array.isArray(value)) return value.map(String);
  throw new ConduitFault(
    'ERR-CONDUIT-CORE',
    `Error while reading "${name}": Expected a list, but value is not a list.`,
  );
}

function matchesAll(project: PhabricatorProject, constraints: Params): boolean {
  const oneOf = (name: string, values: readonly string[]) => {
    const wanted = listOf(constraints, name);
    return wanted.length === 0 || wanted.some((value) => values.includes(value));
  };
  const slugs = listOf(constraints, 'slugs');
  const status = constraints['status'] ?? 'active';
  return (
    oneOf('ids', [String(project.id)]) &&
    oneOf('phids', [project.phid]) &&
    oneOf('members', project.members) &&
    (slugs.length === 0 || slugs.some((slug) => hasSlug(project, slug))) &&
    (status === 'all' || status === (project.archived ? 'archived' : 'active'))
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

function slugMap(constraints: Params, found: readonly PhabricatorProject[]) {
  const pairs = listOf(constraints, 'slugs').flatMap((slug) => {
    const project = found.find((candidate) => hasSlug(candidate, slug));
    return project ? [[slug, { slug: normalizeSlug(slug), projectPHID: project.phid }] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function projectEntity(project: PhabricatorProject, attachments: Params) {
  const { id, phid, name, slugs, members, archived } = project;
  const asked = (attachment: string) => Boolean(attachments[attachment]) && attachments[attachment] !== '0';
  return {
    id,
    type: 'PROJ',
    phid,
    fields: {
      name,
      slug: slugs[0] ?? null,
      subtype: 'default',
      milestone: null,
      depth: 0,
      parent: null,
      icon: { key: 'group', name: 'Group', icon: 'fa-users' },
      color: { key: 'violet', name: 'Violet' },
      status: archived ? 'archived' : 'active',
    },
    attachments: {
      ...(asked('members') ? { members: { members: members.map((member) => ({ phid: member })) } } : {}),
      ...(asked('slugs') ? { slugs: { slugs: slugs.map((slug) => ({ slug })) } } : {}),
    },
  };
}
