// `authcenter users` and `authcenter admin` as an operator calls them, beside a running server.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test as base, beforeAll, describe, expect, vi } from 'vitest';
import { runCommandBeside } from '../support/command-line.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { soon } from '../support/soon.ts';

/** Each of them starts the program several times. */
const test = (name: string, work: () => Promise<void>) => base(name, work, 180_000);

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'users-cli-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await server.close();
});

const run = (args: string[], input = '') =>
  runCommandBeside(server, args, { cwd: folder, input, env: { AUTHCENTER__SECURITY__BCRYPT_COST: '12' } });
const save = (name: string, text: string | Buffer) => writeFile(join(folder, name), text);
const login = (body: object) => server.rest('POST', '/auth/login', { body });

describe('users', () => {
  const people = 'username,email,roles\nli.lei,li@example.com,Editor\nx,,\nhan,han@example.com,\n';

  test('a rehearsal and --strict write nothing; without them the rest is in, and the exit code says so', async () => {
    await save('people.csv', people);
    const rehearsal = await run(['users', 'import', 'people.csv', '--dry-run']);
    expect(rehearsal).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('line 3: username must be 3 to 32 characters'),
      stdout: expect.stringMatching(/^3 lines: 2 would be imported, 0 there already, 1 skipped\.\n/),
    });
    const strict = await run(['users', 'import', 'people.csv', '--strict', '--json']);
    expect([strict.status, JSON.parse(strict.stdout)]).toMatchObject([
      1,
      {
        dry_run: true,
        skipped: 1,
        problems: [
          { line: 3, field: 'username' },
          { line: 3, field: 'email' },
        ],
      },
    ]);
    expect(await server.deps.users.findByLogin({ username: 'li.lei' })).toBeNull();

    const { status, stdout } = await run(['users', 'import', 'people.csv', '--json']);
    expect([status, JSON.parse(stdout)]).toMatchObject([
      3,
      { dry_run: false, lines: 3, imported: 2, there_already: 0, skipped: 1 },
    ]);
    const again = await run(['users', 'import', 'people.csv']);
    expect(again.stdout).toMatch(/^3 lines: 0 imported, 2 there already, 1 skipped\.\n/);
  });

  test('an export is for its owner alone, and imports again with nothing to do', async () => {
    expect(await run(['users', 'export', 'all.jsonl'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+ users are in all\.jsonl\.\n$/),
    });
    expect((await stat(join(folder, 'all.jsonl'))).mode & 0o777).toBe(0o600);
    const lines = (await readFile(join(folder, 'all.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ username: 'li.lei', roles: ['Editor'] }));
    const { status, stdout } = await run(['users', 'import', 'all.jsonl', '--json']);
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { imported: 0, skipped: 0, there_already: lines.length }]);
    const shown = await run(['users', 'export', '--format', 'csv']);
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringContaining('\nli.lei,li@example.com,')]);
    const [record] = await server.deps.database.db.collection('audit_logs').find({ act: 'users.exported' }).toArray();
    expect(record).toMatchObject({ actor: { kind: 'system' }, details: { users: lines.length } });
  });

  test('what makes no sense is told, each with its exit code', async () => {
    await save('gbk.csv', Buffer.from([...Buffer.from('username,name\nli.lei,'), 0xc0, 0xee, 0xc0, 0xd7, 0x0a]));
    await save('people.txt', people);
    expect(await run(['users', 'import', 'gbk.csv'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not UTF-8'),
    });
    for (const [args, why] of [
      [['import', 'people.txt'], /--format/],
      [['export', '--dry-run', '--format', 'csv'], /go with import/],
      [['nonsense'], /users import/],
    ] as const) {
      const { status, stderr } = await run(['users', ...args]);
      expect([args, status, stderr]).toEqual([args, 2, expect.stringMatching(why)]);
    }
    const { status, stderr } = await run(['users', 'import', 'missing.csv']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('missing.csv')]);
  });
});

describe('admin create', () => {
  test('makes one, with a password that is shown once', async () => {
    const { status, stdout } = await run(['admin', 'create', '--email', 'Boss@example.com', '--username', 'boss']);
    expect(status).toBe(0);
    const [, password = ''] = /^administrator: boss@example\.com \(boss\)\npassword: (\S{16})\n$/.exec(stdout) ?? [];
    const { body } = await login({ email: 'boss@example.com', password });
    expect([body.status, body.user.roles]).toEqual(['ok', ['Admin']]);
    expect(await run(['admin', 'create', '--email', 'boss@example.com'])).toMatchObject({
      status: 0,
      stdout: 'boss@example.com (boss) is an administrator already.\n',
    });
    const other = await run(['admin', 'create', '--email', 'other@example.com', '--username', 'boss']);
    expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining('taken') });
  });

  test('makes somebody one, with effect on the servers that run', async () => {
    const user = await server.createUser();
    const { access } = await server.signIn(user);
    await server.deps.users.update(user.id, {}, { $set: { status: 'inactive' } });
    const { status, stdout } = await run(['admin', 'create', '--email', user.email, '--json']);
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { outcome: 'promoted', username: user.username }]);
    expect(stdout).not.toContain('password');
    await vi.waitFor(async () => {
      expect((await server.rest('GET', '/auth/me', { token: access })).body.code).toBe('TOKEN_STALE');
    }, soon);
    expect((await login({ email: user.email, password: user.password })).body.user.roles.sort()).toEqual([
      'Admin',
      'User',
    ]);
  });

  test('a password of one’s own replaces the old one, if it is good, and ends all sessions', async () => {
    const user = await server.createUser([{ name: 'Admin' }]);
    const { refresh } = await server.signIn(user);
    const create = (password: string) =>
      run(['admin', 'create', '--email', user.email, '--password-stdin'], `${password}\n`);
    expect(await create('password123')).toMatchObject({ status: 2, stderr: expect.stringContaining('most common') });
    expect((await create('my very own horse')).status).toBe(0);
    expect((await server.rest('POST', '/auth/refresh', { body: { refresh_token: refresh } })).body.code).toBe(
      'SESSION_REVOKED',
    );
    expect((await login({ email: user.email, password: 'my very own horse' })).body.status).toBe('ok');
    expect((await login({ email: user.email, password: user.password })).body.code).toBe('INVALID_CREDENTIALS');
  });

  test('who only claims an address is not made one', async () => {
    const user = await server.createUser([{ name: 'User' }], { email_verified: false });
    const { status, stderr } = await run(['admin', 'create', '--email', user.email]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('has not proven')]);
    expect(await run(['admin', 'create', '--email', 'nonsense'])).toMatchObject({ status: 2 });
    expect(await run(['admin', 'create'])).toMatchObject({ status: 2, stderr: expect.stringContaining('--email') });
  });
});
