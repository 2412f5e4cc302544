// How the tests run: one mongod for the whole run, databases that files take in turn, no module mocks.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/{contract,e2e,http,integration,security,unit}/**/*.test.ts'],
    // Each process loads the server once for all its files; what a file starts or changes is its own to put back.
    isolate: false,
    globalSetup: ['tests/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // What is waited for comes when it comes: a second is short on a busy machine.
    expect: { poll: { timeout: 15_000 } },
    // Forked processes: several tests start worker threads and child processes of their own.
    pool: 'forks',
    // One a core: the database, the browsers and the compilers of the tests want their share, and more would cost more than they wait for.
    maxWorkers: Math.max(2, availableParallelism()),
    passWithNoTests: true,
  },
});
