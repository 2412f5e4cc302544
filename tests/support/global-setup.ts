// Starts the one mongod of a test run and tells every test file its address.
import type { TestProject } from 'vitest/node';
import { clearInterruptedRuns, startTestMongod } from './mongod.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A replica set of one; each test file takes a database of its own in it. */
    mongoUri: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  clearInterruptedRuns();
  const mongod = await startTestMongod();
  project.provide('mongoUri', mongod.uri);
  return () => mongod.stop();
}
