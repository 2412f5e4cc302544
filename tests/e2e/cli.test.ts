// The command line: help, wrong calls, exit codes, and what a program may read.
import { describe, expect, inject, test } from 'vitest';
import { runCommand } from '../support/command-line.ts';

const run = (args: string[], env: Record<string, string> = {}) => runCommand(args, { env });

describe('help and wrong calls', () => {
  test('every command explains itself', async () => {
    const overview = await run(['--help']);
    expect(overview.status).toBe(0);
    const names = [...overview.stdout.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map((match) => match[1] ?? '');
    expect(names).toEqual(expect.arrayContaining(['dev', 'migrate', 'config', 'openapi', 'permissions']));
    for (const name of names) {
      const help = await run([name, '--help']);
      expect(help.status).toBe(0);
      expect(help.stdout).toMatch(new RegExp(`^Usage: authcenter ${name}`));
    }
    // A process for each.
  }, 120_000);

  test.each([[[]], [['nonsense']], [['config', 'nonsense']], [['config', '--nonsense']], [['dev', '--json']]])(
    '%j is refused with code 2',
    async (args) => {
      const { status, stdout, stderr } = await run(args);
      expect(status).toBe(2);
      expect(stdout + stderr).toContain('Usage: authcenter');
      expect(stderr).not.toContain('    at ');
    },
  );
});

describe('config', () => {
  test('print masks secrets', async () => {
    const uri = 'mongodb://someone:hidden@db:27017/?replicaSet=rs0';
    const { status, stdout } = await run(['config', 'print', '--json'], { MONGODB_URI: uri });
    expect(status).toBe(0);
    expect(stdout).not.toContain('hidden');
    expect(JSON.parse(stdout)).toMatchObject({ server: { port: 8080 }, mongodb: { database: 'auth_center' } });
  });

  test('check names each problem', async () => {
    const { status, stdout } = await run(['config', 'check', '--json'], { PORT: '-1', AUTHCENTER__NO__KEY: '1' });
    expect(status).toBe(1);
    const { ok, problems } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(problems.map(({ key }: { key: string }) => key).sort()).toEqual(['no', 'server.port']);
  });

  test('check demands in production what a development start brings by itself', async () => {
    const { status, stderr } = await run(['config', 'check'], { AUTHCENTER__SERVER__MODE: 'production' });
    expect(status).toBe(1);
    expect(stderr).toContain('KEY_ENCRYPTION_KEY');
    expect(stderr).toContain('MONGODB_URI');
  });
});

test('migrate shows what is pending, applies it, and shows that it is applied', async () => {
  const env = { MONGODB_URI: inject('mongoUri'), AUTHCENTER__MONGODB__DATABASE: `cli_${process.pid}` };
  const pending = JSON.parse((await run(['migrate', 'status', '--json'], env)).stdout);
  expect(pending.length).toBeGreaterThan(0);
  expect(pending.every(({ applied_at }: { applied_at: string | null }) => applied_at === null)).toBe(true);

  expect(JSON.parse((await run(['migrate', 'up', '--json'], env)).stdout).applied).toHaveLength(pending.length);
  expect(await run(['migrate', 'up'], env)).toMatchObject({ status: 0, stdout: 'Nothing was pending.\n' });
  expect((await run(['migrate', 'status'], env)).stdout).not.toContain('pending');
});

test('what is generated from the code comes out the same each time', async () => {
  for (const name of ['openapi', 'permissions', 'errors']) {
    const first = await run([name]);
    expect(first.status).toBe(0);
    expect((await run([name])).stdout).toBe(first.stdout);
  }
});
