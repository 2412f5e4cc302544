// How the tests run: one mongod for the whole run, one database per test file, no module mocks.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Forked processes: several tests start worker threads and child processes of their own.
    pool: 'forks',
    passWithNoTests: true,
  },
});
