import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    // Tests of values: those that start processes take too long for thousands of mutants.
    include: ['test/{engine,policy,jobs,laws}/**/*.test.ts', 'test/targets/growthbook/*.test.ts'],
    exclude: ['test/policy/policy-cases.test.ts'],
    testTimeout: 30_000,
    env: { NODE_ENV: 'test' },
  },
});
