// The last way into an account stays, whatever is given up, and though two are given up at once on two instances.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthenticator } from '../../support/authenticator.ts';
import { requestCodeAmong } from '../../support/instances.ts';
import { newNumber, toE164 } from '../../support/phones.ts';
import { enrollApp, expectOk, refresh, registerPasskey, signInByPasskey } from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type Tokens } from '../../support/server.ts';

/** A page of an application on this machine. */
const PAGE = 'http://localhost:5173';
const ROUNDS = 6;
let server: TestServer;
let second: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { server: { cors_origins: [PAGE] } } });
  second = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const removeContact = (contact: string, token: string, on = server) =>
  on.rest('DELETE', `/auth/contact?contact=${contact}`, { token });
const removePasskey = (id: string, token: string, on = server) => on.rest('DELETE', `/auth/passkeys/${id}`, { token });
const listPasskeys = async (token: string): Promise<string[]> =>
  expectOk(await server.rest('GET', '/auth/passkeys', { token })).items.map(({ id }: { id: string }) => id);
const codeOf = async (answer: ReturnType<TestServer['rest']>) => (await answer).body?.code;

/** An account that has its phone number and nothing else. */
async function createByPhone(): Promise<{ id: string; tokens: Tokens }> {
  const phone = newNumber();
  const { code } = await requestCodeAmong([server, second], { phone }, 'login');
  const body = expectOk(await server.rest('POST', '/auth/login', { body: { phone, code } }));
  return { id: body.user.id, tokens: { access: body.access_token, refresh: body.refresh_token } };
}

async function addPasskey(tokens: Tokens, key = createAuthenticator(PAGE)): Promise<Tokens> {
  expectOk(await registerPasskey(server, tokens.access, key));
  return refresh(server, tokens);
}

async function addEmail(tokens: Tokens, email: string): Promise<Tokens> {
  const { challengeId: challenge_id, code } = await requestCodeAmong(
    [server, second],
    { email },
    'bind',
    tokens.access,
  );
  expectOk(await server.rest('POST', '/auth/contact', { token: tokens.access, body: { email, code, challenge_id } }));
  return refresh(server, tokens);
}

test('a number that is all there is', async () => {
  const { tokens } = await createByPhone();
  const { status, body } = await removeContact('phone', tokens.access);
  expect([status, body.code]).toEqual([409, 'LAST_CREDENTIAL']);
});

test('an address that nobody has proven is no way in', async () => {
  const { id, tokens } = await createByPhone();
  await server.deps.users.update(id, {}, { $set: { email: `${id}@example.com`, email_verified: false } });
  expect(await codeOf(removeContact('phone', tokens.access))).toBe('LAST_CREDENTIAL');
});

test('an authenticator app is none either: it comes after one', async () => {
  const { tokens } = await createByPhone();
  await enrollApp(server, tokens.access);
  const { access } = await refresh(server, tokens);
  expect(await codeOf(removeContact('phone', access))).toBe('LAST_CREDENTIAL');
});

test('a password is one, and so is a passkey', async () => {
  const user = await server.createUser();
  expect((await removeContact('email', (await server.signIn(user)).access)).status).toBe(204);
  const signIn = { username: user.username, password: user.password };
  expect((await server.rest('POST', '/auth/login', { body: signIn })).status).toBe(200);

  const { tokens } = await createByPhone();
  const key = createAuthenticator(PAGE);
  const { access } = await addPasskey(tokens, key);
  expect((await removeContact('phone', access)).status).toBe(204);
  const { body } = await signInByPasskey(server, key);
  expect(body.user.phone).toBeNull();
  const [id = ''] = await listPasskeys(body.access_token);
  expect(await codeOf(removePasskey(id, body.access_token))).toBe('LAST_CREDENTIAL');
});

test('a password that opens nothing while no address is proven is none, unless that address goes', async () => {
  const strict = await startTestServer({
    sharedWith: server,
    config: { registration: { email_verification: 'required' } },
  });
  try {
    const user = await server.createUser([{ name: 'User' }], { email_verified: false });
    const { access } = await server.signIn(user);
    const phone = toE164(newNumber());
    await server.deps.users.update(user.id, {}, { $set: { phone, phone_verified: true } });
    expect(await codeOf(removeContact('phone', access, strict))).toBe('LAST_CREDENTIAL');
    expect((await removeContact('email', access, strict)).status).toBe(204);
    const { username, password } = user;
    const next = expectOk(await strict.rest('POST', '/auth/login', { body: { username, password } })).access_token;
    expect((await removeContact('phone', next, strict)).status).toBe(204);
  } finally {
    await strict.close();
  }
});

test('number and address at once: one stays', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id, tokens } = await createByPhone();
    const { access } = await addEmail(tokens, `${id}@example.com`);
    const answers = await Promise.all([removeContact('phone', access), removeContact('email', access, second)]);
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    const left = await server.deps.users.findById(id);
    expect([left?.phone_verified, left?.email_verified]).toEqual(answers.map(({ status }) => status !== 204));
  }
});

test('number and passkey at once: one stays', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id, tokens } = await createByPhone();
    const { access } = await addPasskey(tokens);
    const [passkey = ''] = await listPasskeys(access);
    const answers = await Promise.all([removeContact('phone', access), removePasskey(passkey, access, second)]);
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    const left = await server.deps.users.findById(id);
    const ways = [left?.phone_verified, (left?.security.two_factor?.passkeys ?? 0) > 0];
    expect(ways).toEqual(answers.map(({ status }) => status !== 204));
  }
});

test('two passkeys at once: one stays', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { id, tokens: first } = await createByPhone();
    const tokens = await addPasskey(await addPasskey(first));
    const { access } = tokens;
    await server.deps.users.update(id, {}, { $unset: { phone: '' }, $set: { phone_verified: false } });
    const ids = await listPasskeys(access);
    const answers = await Promise.all(
      ids.map((passkey, index) => removePasskey(passkey, access, index ? second : server)),
    );
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    const after = await refresh(server, tokens);
    expect(await listPasskeys(after.access)).toEqual(ids.filter((_, index) => answers[index]?.status !== 204));
  }
});
