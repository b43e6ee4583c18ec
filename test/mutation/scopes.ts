/** Files that are mutated together, and the tests that have to notice. */
export interface Scope {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

const GROWTHBOOK =
  'growthbook-roles/{advice,completeness,decide,drift,explain,last-admin,match,membership}.ts';
const GROWTHBOOK_MORE =
  'growthbook-roles/{notes,projects,protected,resolve-projects,resolve,safety,subjects,undo}.ts';

/** Each scope by its name: the engine, the policies, the pure parts of both jobs, the writing parts of both targets. */
export const SCOPES: Readonly<Record<string, Scope>> = {
  policy: { mutate: ['src/policy/*.ts', '!src/policy/policy-cases.ts'], tests: ['test/policy/**/*.test.ts'] },
  engine: {
    mutate: ['src/engine/*.ts'],
    tests: ['test/engine/**/*.test.ts', 'test/scenarios/*.test.ts'],
  },
  'growthbook-roles': {
    mutate: [`src/jobs/${GROWTHBOOK}`, `src/jobs/${GROWTHBOOK_MORE}`],
    tests: ['test/jobs/**/*.test.ts', 'test/laws/*.test.ts', 'test/scenarios/growthbook*.test.ts'],
  },
  'gitlab-approvals': {
    mutate: [
      'src/jobs/gitlab-approvals/{audit,explain,identify,resolve,safety,subjects,trust,unpublished}.ts',
    ],
    tests: ['test/jobs/**/*.test.ts', 'test/laws/*.test.ts', 'test/scenarios/gitlab*.test.ts'],
  },
  growthbook: {
    mutate: ['src/targets/growthbook/{access,effective-grants,role-update,row-state,verify,write-role}.ts'],
    tests: ['test/targets/growthbook/*.test.ts', 'test/scenarios/growthbook*.test.ts'],
  },
  gitlab: {
    mutate: ['src/targets/gitlab/{approve,target}.ts'],
    tests: ['test/targets/gitlab/*.test.ts', 'test/scenarios/gitlab*.test.ts'],
  },
};
