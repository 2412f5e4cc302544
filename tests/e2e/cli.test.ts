// The command line: help, wrong calls, exit codes, and what a program may read.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';

const cli = fileURLToPath(new URL('../../scripts/authcenter.ts', import.meta.url));

function run(args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    encoding: 'utf8',
    // The OpenAPI document is longer than what is taken otherwise.
    maxBuffer: 16 * 1024 * 1024,
  });
  return { status, stdout, stderr };
}

describe('help and wrong calls', () => {
  test('every command explains itself', () => {
    const overview = run(['--help']);
    expect(overview.status).toBe(0);
    const names = [...overview.stdout.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map((match) => match[1] ?? '');
    expect(names).toEqual(expect.arrayContaining(['dev', 'migrate', 'config', 'openapi', 'permissions']));
    for (const name of names) {
      const help = run([name, '--help']);
      expect(help.status).toBe(0);
      expect(help.stdout).toMatch(new RegExp(`^Usage: authcenter ${name}`));
    }
  });

  test.each([[[]], [['nonsense']], [['config', 'nonsense']], [['config', '--nonsense']], [['dev', '--json']]])(
    '%j is refused with code 2',
    (args) => {
      const { status, stdout, stderr } = run(args);
      expect(status).toBe(2);
      expect(stdout + stderr).toContain('Usage: authcenter');
      expect(stderr).not.toContain('    at ');
    },
  );
});

describe('config', () => {
  test('print masks secrets', () => {
    const uri = 'mongodb://someone:hidden@db:27017/?replicaSet=rs0';
    const { status, stdout } = run(['config', 'print', '--json'], { MONGODB_URI: uri });
    expect(status).toBe(0);
    expect(stdout).not.toContain('hidden');
    expect(JSON.parse(stdout)).toMatchObject({ server: { port: 8080 }, mongodb: { database: 'auth_center' } });
  });

  test('check names each problem', () => {
    const { status, stdout } = run(['config', 'check', '--json'], { PORT: '-1', AUTHCENTER__NO__KEY: '1' });
    expect(status).toBe(1);
    const { ok, problems } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(problems.map(({ key }: { key: string }) => key).sort()).toEqual(['no', 'server.port']);
  });

  test('check demands in production what a development start brings by itself', () => {
    const { status, stderr } = run(['config', 'check'], { AUTHCENTER__SERVER__MODE: 'production' });
    expect(status).toBe(1);
    expect(stderr).toContain('KEY_ENCRYPTION_KEY');
    expect(stderr).toContain('MONGODB_URI');
  });
});

test('migrate shows what is pending, applies it, and shows that it is applied', () => {
  const env = { MONGODB_URI: inject('mongoUri'), AUTHCENTER__MONGODB__DATABASE: `cli_${process.pid}` };
  const pending = JSON.parse(run(['migrate', 'status', '--json'], env).stdout);
  expect(pending.length).toBeGreaterThan(0);
  expect(pending.every(({ applied_at }: { applied_at: string | null }) => applied_at === null)).toBe(true);

  expect(JSON.parse(run(['migrate', 'up', '--json'], env).stdout).applied).toHaveLength(pending.length);
  expect(run(['migrate', 'up'], env)).toMatchObject({ status: 0, stdout: 'Nothing was pending.\n' });
  expect(run(['migrate', 'status'], env).stdout).not.toContain('pending');
});

test('what is generated from the code comes out the same each time', () => {
  for (const name of ['openapi', 'permissions', 'errors']) {
    const first = run([name]);
    expect(first.status).toBe(0);
    expect(run([name]).stdout).toBe(first.stdout);
  }
});
