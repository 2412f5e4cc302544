// The README's ways for other languages, run as they stand: a generated client, and tokens verified in Python and in Go.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const readBlock = (name: string): string =>
  new RegExp(`<!-- other:${name} -->\n\`\`\`\\w+\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? '';

const administrator = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'only for this example' };
let server: TestServer;
let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  server = await startTestServer({ env: administrator });
  folder = mkdtempSync(join(tmpdir(), 'authcenter-languages-'));
  env = { ...process.env, ...administrator, AC: server.url };
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a client generated from the document compiles, and signs in', async () => {
  const bin = (path: string) => join(root, 'node_modules', path);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'client.ts'), readBlock('typescript'));
  const generate = [bin('openapi-typescript/bin/cli.js'), `${server.url}/openapi.json`, '-o', 'authcenter.d.ts'];
  await run(process.execPath, generate, { cwd: folder });
  const compile = ['--noEmit', '--strict', '--allowImportingTsExtensions', '--module', 'nodenext', '--types', 'node'];
  await run(process.execPath, [bin('typescript7/bin/tsc'), ...compile, 'client.ts'], { cwd: folder });
  const { stdout } = await run(process.execPath, ['client.ts'], { cwd: folder, env });
  expect((await server.rest('GET', '/auth/me', { token: stdout.trim() })).body.email).toBe(administrator.ADMIN_EMAIL);
  const wrong = run(process.execPath, ['client.ts'], { cwd: folder, env: { ...env, ADMIN_PASSWORD: 'wrong' } });
  await expect(wrong).rejects.toThrow(/INVALID_CREDENTIALS: /);
}, 60_000);

const isThere = (command: string, ...args: string[]): Promise<boolean> =>
  run(command, args, { timeout: 120_000, cwd: folder }).then(
    () => true,
    () => false,
  );

/** What says yes to a user's token says no to these. */
async function makeTokens() {
  const user = await server.createUser([{ name: 'Editor' }]);
  const { access, refresh } = await server.signIn(user);
  const [head = '', payload = '', signature = ''] = access.split('.');
  const changed = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), roles: ['Admin'] };
  const [jwk] = server.deps.keys.jwks().keys;
  const header = { alg: 'HS256', typ: 'at+jwt', kid: jwk?.kid ?? '' };
  return {
    user,
    access,
    bad: {
      'a changed one': `${head}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`,
      'a refresh token': refresh,
      'one signed with the public key': await new SignJWT(changed)
        .setProtectedHeader(header)
        .sign(Buffer.from(JSON.stringify(jwk))),
    },
  };
}

describe('a token is verified', () => {
  test('in Python', async ({ skip }) => {
    const packages = join(folder, 'python');
    if (!(await isThere('python3', '-m', 'pip', 'install', '-q', '--target', packages, 'pyjwt[crypto]')))
      skip('there is no Python with pip here');
    writeFileSync(join(folder, 'verify.py'), readBlock('python'));
    const verify = (token: string) =>
      run('python3', ['verify.py', token], { cwd: folder, env: { ...env, PYTHONPATH: packages } });
    const { user, access, bad } = await makeTokens();
    expect((await verify(access)).stdout.trim()).toBe(`${user.username} Editor`);
    for (const [name, token] of Object.entries(bad)) await expect(verify(token), name).rejects.toThrow();
  }, 180_000);

  test('in Go', async ({ skip }) => {
    writeFileSync(join(folder, 'go.mod'), 'module verify\n\ngo 1.24\n');
    writeFileSync(join(folder, 'main.go'), readBlock('go'));
    if (!(await isThere('go', 'mod', 'tidy'))) skip('there is no Go with its modules here');
    await run('go', ['build', '-o', 'verify', '.'], { cwd: folder });
    const verify = (token: string) => run(join(folder, 'verify'), [token], { cwd: folder, env });
    const { user, access, bad } = await makeTokens();
    expect((await verify(access)).stdout.trim()).toBe(`${user.username} [Editor]`);
    for (const [name, token] of Object.entries(bad)) await expect(verify(token), name).rejects.toThrow();
  }, 300_000);
});
