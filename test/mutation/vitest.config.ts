import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    // Only the tests of the scope that is mutated: each mutant runs them.
    include: process.env.MUTATION_TESTS?.split(':') ?? ['test/policy/**/*.test.ts'],
    exclude: ['test/policy/policy-cases.test.ts'],
    testTimeout: 30_000,
    env: { NODE_ENV: 'test' },
  },
});
