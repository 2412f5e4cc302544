// How the tests run: one mongod for the whole run, one database per test file, no module mocks.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // What starts servers takes half as long where it loads them once for all its files; each file has servers of its own.
    projects: [
      {
        extends: true,
        test: { name: 'servers', include: ['tests/{http,integration,security}/**/*.test.ts'], isolate: false },
      },
      { extends: true, test: { name: 'others', include: ['tests/{contract,e2e,unit}/**/*.test.ts'] } },
    ],
    globalSetup: ['tests/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // What is waited for comes when it comes: a second is short on a busy machine.
    expect: { poll: { timeout: 15_000 } },
    // Forked processes: several tests start worker threads and child processes of their own.
    pool: 'forks',
    // Half of their time they wait: for the database, a browser, a compiler.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    passWithNoTests: true,
  },
});
