/** Files that are mutated together, and the tests that have to notice. */
export interface Scope {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

/** Files of one folder. Stryker takes a comma for the end of a pattern, so that braces around several names find nothing. */
const inFolder = (folder: string, names: string): readonly string[] =>
  names.split(' ').map((name) => `${folder}/${name}.ts`);

const ROLES = inFolder(
  'src/jobs/growthbook-roles',
  'access-advice change-memberships completeness decide explain facts-format last-admin list-subjects ' +
    'managed-projects match membership notes resolve-projects resolve safety undo unknown-protected ' +
    'unmanaged-access',
);
const APPROVALS = inFolder(
  'src/jobs/gitlab-approvals',
  'change-memberships explain facts-format identify list-subjects log-evaluation policy publish-approvals ' +
    'resolve safety trust unpublished',
);
const GROWTHBOOK = inFolder(
  'src/targets/growthbook',
  'access client effective-grants last-admin member-list role-probes role-update row-state rows-by-id ' +
    'target verify write-role',
);
const GITLAB = inFolder('src/targets/gitlab', 'approve client identities target');

/** Each scope by its name: the engine, the policies, the pure parts of both jobs, both targets, the reader of POSIX groups, the public log. */
export const SCOPES: Readonly<Record<string, Scope>> = {
  policy: { mutate: ['src/policy/*.ts'], tests: ['test/policy/**/*.test.ts'] },
  engine: {
    mutate: ['src/engine/*.ts'],
    tests: ['test/engine/**/*.test.ts'],
  },
  'growthbook-roles': {
    mutate: ROLES,
    tests: ['test/jobs/growthbook-roles/*.test.ts', 'test/laws/*.test.ts'],
  },
  'gitlab-approvals': {
    mutate: APPROVALS,
    tests: ['test/jobs/gitlab-approvals/*.test.ts', 'test/laws/*.test.ts'],
  },
  growthbook: { mutate: GROWTHBOOK, tests: ['test/targets/growthbook/*.test.ts'] },
  gitlab: { mutate: GITLAB, tests: ['test/targets/gitlab/*.test.ts'] },
  'posix-groups': {
    mutate: ['src/directories/posix-groups/*.ts'],
    tests: ['test/directories/posix-groups/{data-yaml,gitiles,members,read-yaml,yaml,yaml-maps}.test.ts'],
  },
  audit: {
    mutate: ['src/audit/mediawiki/*.ts'],
    tests: [
      'test/audit/mediawiki/{answer,headings,ignored-tags,oauth,page,publish,retry-pause,wikitext}.test.ts',
    ],
  },
};
