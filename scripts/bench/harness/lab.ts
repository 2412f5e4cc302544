// What every measurement is given: a real mongod, servers in processes of their own, and how long it may take.
import { randomBytes } from 'node:crypto';
import { startTestMongod } from '../../../tests/support/mongod.ts';
import { type Child, startChild } from './child.ts';

export interface BenchUser {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

export interface BenchServer extends Child<{ url: string }> {
  readonly url: string;
  createUsers(count: number, role?: string): Promise<BenchUser[]>;
  /** @returns their numbers, E.164; `first` sets runs of them apart */
  createPhoneUsers(count: number, first?: number): Promise<string[]>;
}

export interface ServerOptions {
  /** Cost of password hashes; 4, the cheapest, where hashing is not what is measured. */
  readonly cost?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  readonly mongoUri?: string;
  readonly database?: string;
}

export interface Lab {
  /** Less of everything, to see that it runs; its figures are rough. */
  readonly short: boolean;
  readonly mongoUri: string;
  startServer(options?: ServerOptions): Promise<BenchServer>;
  /** Ends what is still running. */
  close(): Promise<void>;
}

export interface LabOptions {
  readonly short: boolean;
  /** A folder for a CPU profile of each server; none is taken when absent. */
  readonly profileInto?: string | undefined;
}

export const PASSWORD = 'a long enough password';

export async function openLab({ short, profileInto }: LabOptions): Promise<Lab> {
  const mongod = await startTestMongod();
  const children = new Set<Child<unknown>>();
  const key = randomBytes(32).toString('base64');
  return {
    short,
    mongoUri: mongod.uri,
    async startServer({ cost = 4, env = {}, argv = [], mongoUri = mongod.uri, database } = {}) {
      const child = await startChild<{ url: string }>('server.ts', {
        argv,
        execArgv: profileInto === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileInto}`],
        env: {
          MONGODB_URI: mongoUri,
          AUTHCENTER__MONGODB__DATABASE: database ?? `bench_${randomBytes(6).toString('hex')}`,
          KEY_ENCRYPTION_KEY: key,
          PORT: '0',
          AUTHCENTER__SECURITY__BCRYPT_COST: String(cost),
          AUTHCENTER__RATE_LIMIT__ENABLED: 'false',
          ...env,
        },
      });
      children.add(child);
      return {
        ...child,
        url: child.ready.url,
        createUsers: (count, role = 'User') => child.ask('createUsers', { count, role, password: PASSWORD }),
        createPhoneUsers: (count, first = 0) => child.ask('createPhoneUsers', { count, first }),
        stop: () => child.stop().finally(() => children.delete(child)),
      };
    },
    async close() {
      for (const child of children) await child.stop();
      await mongod.stop();
    },
  };
}
