// Who has an account is told to nobody: the same answers, by the same work, for what exists and what does not.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordWork, visible } from '../support/alike.ts';
import { readMails } from '../support/mailbox.ts';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let server: TestServer;
let known: TestUser;
beforeAll(async () => {
  server = await startTestServer({
    monitorCommands: true,
    config: { registration: { email_verification: 'required' } },
  });
  known = await server.createUser();
});
afterAll(() => server.close());

const unknown = () => `${randomBytes(5).toString('hex')}@example.com`;

describe('signing in', () => {
  const login = (body: object) => server.rest('POST', '/auth/login', { body });

  test('answers unknown addresses and names like wrong passwords', async () => {
    const wrong = visible(await login({ email: known.email, password: 'wrong password' }));
    for (const body of [
      { email: unknown(), password: 'wrong password' },
      { username: known.username, password: 'wrong password' },
      { username: 'nobody.at.all', password: 'wrong password' },
      { username: 'a name that could not exist!', password: 'x' },
    ])
      expect(visible(await login(body))).toEqual(wrong);
  });

  test('does the same work for both', async () => {
    const other = await server.createUser();
    const forKnown = await recordWork(server, () => login({ email: other.email, password: 'wrong password' }));
    const forUnknown = await recordWork(server, () => login({ email: unknown(), password: 'wrong password' }));
    expect(forUnknown).toEqual(forKnown);
    expect(forKnown.length).toBeGreaterThan(3);
  });

  test('answers an account without a password, or disabled, or not verified, like a wrong password', async () => {
    const [bare, disabled, unverified] = [
      await server.createUser(),
      await server.createUser(),
      await server.createUser([{ name: 'User' }], { email_verified: false }),
    ];
    await server.deps.users.update(bare.id, {}, { $unset: { password_hash: '', password_scheme: '' } });
    await server.deps.users.update(disabled.id, {}, { $set: { status: 'locked' } });
    const wrong = visible(await login({ email: unknown(), password: 'wrong password' }));
    for (const { email } of [bare, disabled, unverified])
      expect(visible(await login({ email, password: 'wrong password' }))).toEqual(wrong);
    expect(visible(await login({ email: bare.email, password: bare.password }))).toEqual(wrong);
  });
});

describe('registering where verification is required', () => {
  const register = (email: string, username = `e_${randomBytes(5).toString('hex')}`) =>
    server.rest('POST', '/auth/register', { body: { username, email, password: 'correct horse battery' } });

  test('answers free, waiting and taken addresses alike', async () => {
    const waiting = unknown();
    const answers = [await register(waiting), await register(waiting), await register(known.email)];
    for (const answer of answers) expect(visible(answer)).toEqual(visible(answers[0] as RestAnswer));
    expect(answers[0]?.body).toEqual({ status: 'verification_required' });
  });

  test('takes the user name each time, so that trying it again tells nothing', async () => {
    const [forFree, forTaken] = ['name.of.the.free', 'name.of.the.taken'];
    await register(unknown(), forFree);
    await register(known.email, forTaken);
    const again = [await register(unknown(), forFree), await register(unknown(), forTaken)];
    expect(again.map(({ status }) => status)).toEqual([409, 409]);
    expect(visible(again[1] as RestAnswer)).toEqual(visible(again[0] as RestAnswer));
  });

  test('sends one mail either way', async () => {
    const [free, taken] = [unknown(), (await server.createUser()).email];
    await register(free);
    await register(taken);
    for (const email of [free, taken]) expect(await readMails(server, email)).toHaveLength(1);
  });

  test('hashes the password before anything is looked up', async () => {
    const { reserve } = server.deps.hasher;
    let hashed = 0;
    server.deps.hasher.reserve = (signal) => {
      hashed++;
      return reserve(signal);
    };
    await register(unknown());
    await register(known.email);
    await register(unknown(), known.username);
    server.deps.hasher.reserve = reserve;
    expect(hashed).toBe(3);
  });
});

test('a mail again: the same answer and the same work, whoever the address is', async () => {
  const resend = (email: string) => server.rest('POST', '/auth/email/resend', { body: { email } });
  const unverified = await server.createUser([{ name: 'User' }], { email_verified: false });
  const answers: RestAnswer[] = [];
  const works: string[][] = [];
  for (const email of [known.email, unverified.email, unknown()]) {
    answers.push(await resend(email));
    works.push(await recordWork(server, () => resend(email)));
  }
  for (const answer of answers) expect(visible(answer)).toEqual(visible(answers[0] as RestAnswer));
  // What there is to send is found out by the worker, afterwards.
  for (const work of works) expect(work[0]).toBe('insert outbox');
});

test('users, rights and sessions of others: the same refusal for ids that exist and that do not', async () => {
  const { access } = await server.signIn(await server.createUser());
  const [existing, missing] = [known.id, '0'.repeat(24)];
  for (const ask of [
    (id: string) => server.rest('GET', `/users/${id}`, { token: access }),
    (id: string) => server.rest('GET', `/users/${id}/permissions`, { token: access }),
    (id: string) => server.rest('PUT', `/users/${id}`, { token: access, body: { profile: { name: 'x' } } }),
    (id: string) => server.rest('POST', `/users/${id}/status`, { token: access, body: { status: 'inactive' } }),
    (id: string) =>
      server.rest('POST', '/rbac/check', { token: access, body: { user_id: id, resource: 'user', action: 'READ' } }),
  ]) {
    const answer = await ask(existing);
    expect([answer.status, answer.body.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect(visible(await ask(missing))).toEqual(visible(answer));
  }
});
