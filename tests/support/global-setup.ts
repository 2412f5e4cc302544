// Starts the one mongod of a test run and tells every test file its address, and where what they share is kept.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { clearInterruptedRuns, startTestMongod } from './mongod.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A replica set of one; each test file takes a database of its own in it. */
    mongoUri: string;
    /** What several test files make once and share; gone with the run. */
    sharedFolder: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  clearInterruptedRuns();
  const mongod = await startTestMongod();
  project.provide('mongoUri', mongod.uri);
  const folder = mkdtempSync(join(tmpdir(), 'authcenter-shared-'));
  project.provide('sharedFolder', folder);
  // Of the many processes that load the server or the command line, the first alone compiles them.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled');
  return async () => {
    rmSync(folder, { recursive: true, force: true });
    await mongod.stop();
  };
}
