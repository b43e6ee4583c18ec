import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    // Only the tests of the scope that is mutated: each mutant runs them.
    include: process.env.MUTATION_TESTS?.split(':') ?? ['test/policy/**/*.test.ts'],
    // It takes seconds; the tests of the same files beside it are quick.
    exclude: ['test/policy/versions.law.test.ts'],
    testTimeout: 30_000,
    env: { NODE_ENV: 'test' },
  },
});
