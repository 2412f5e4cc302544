// Accounts made for somebody else's address before they come: whoever proves the address has it, and nobody who did not keeps a way in.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLink, readLink, readMails, tokenOf } from '../support/mailbox.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let optional: TestServer;
let required: TestServer;
beforeAll(async () => {
  optional = await startTestServer({ config: { registration: { email_verification: 'optional' } } });
  required = await startTestServer({ config: { registration: { email_verification: 'required' } } });
});
afterAll(async () => {
  await optional.close();
  await required.close();
});

const ATTACKER = 'the password of the attacker';
const VICTIM = 'the password of the victim';

const register = (server: TestServer, username: string, email: string, password: string) =>
  server.rest('POST', '/auth/register', { body: { username, email, password } });
const login = async (server: TestServer, body: { email?: string; username?: string; password: string }) =>
  (await server.rest('POST', '/auth/login', { body })).body;

function newNames() {
  const tag = randomBytes(5).toString('hex');
  return { email: `${tag}@example.com`, attacker: `a_${tag}`, victim: `v_${tag}` };
}

describe("the attacker registers the victim's address first, and is signed in", () => {
  async function attack() {
    const names = newNames();
    const first = await register(optional, names.attacker, names.email, ATTACKER);
    const second = await register(optional, names.victim, names.email, VICTIM);
    expect([first.body.status, second.body]).toEqual(['ok', { status: 'verification_required' }]);
    return { ...names, tokens: first.body, victimLink: await readLink(optional, names.email) };
  }

  test("until a link is opened the attacker keeps the account, and the victim's waits in theirs", async () => {
    const { email, victim, tokens } = await attack();
    expect((await optional.rest('GET', '/auth/me', { token: tokens.access_token })).status).toBe(200);
    expect((await login(optional, { email, password: VICTIM })).code).toBe('INVALID_CREDENTIALS');
    expect(await optional.deps.users.findByLogin({ username: victim })).toBeNull();
  });

  test('the victim opens theirs: the account is theirs, the attacker loses address, password and sessions', async () => {
    const { email, attacker, victim, tokens, victimLink } = await attack();
    expect((await openLink(optional, victimLink)).status).toBe(200);

    const signedIn = await login(optional, { email, password: VICTIM });
    expect(signedIn.user).toMatchObject({ username: victim, email, roles: ['User'] });
    for (const body of [
      { email, password: ATTACKER },
      { username: attacker, password: ATTACKER },
      { username: attacker, password: VICTIM },
    ])
      expect((await login(optional, body)).code).toBe('INVALID_CREDENTIALS');
    expect((await optional.rest('GET', '/auth/me', { token: tokens.access_token })).body.code).toBe('SESSION_REVOKED');
    const refreshed = await optional.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh_token } });
    expect(refreshed.body.code).toBe('SESSION_REVOKED');
    const loser = await optional.deps.users.findByLogin({ username: attacker });
    expect(loser).not.toHaveProperty('email');
    expect(loser).not.toHaveProperty('password_hash');
  });

  test("and the attacker's own link, opened later, is void", async () => {
    const { email, victim, victimLink } = await attack();
    const mails = await readMails(optional, email);
    await openLink(optional, victimLink);
    for (const mail of mails) expect((await openLink(optional, tokenOf(mail))).body.code).toBe('INVALID_CODE');
    expect((await login(optional, { email, password: VICTIM })).user.username).toBe(victim);
  });

  test('the mail says which account its link is for', async () => {
    const { email, attacker, victim } = await attack();
    const texts = (await readMails(optional, email)).map(({ text }) => text);
    expect(texts.filter((text) => text.includes(victim) && !text.includes(attacker))).toHaveLength(1);
    expect(texts.filter((text) => text.includes(attacker) && !text.includes(victim))).toHaveLength(1);
  });

  test('links opened at once settle on one', async () => {
    const { email } = await attack();
    const links = (await readMails(optional, email)).map(tokenOf);
    const answers = await Promise.all(links.map((link) => openLink(optional, link)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    const holders = await optional.deps.database.db.collection('users').find({ email }).toArray();
    expect(holders).toMatchObject([{ email_verified: true }]);
  });
});

describe('where verification is required', () => {
  test('a second registration waits in its link, is told nothing, and wins when its link is opened first', async () => {
    const { email, attacker, victim } = newNames();
    const first = await register(required, attacker, email, ATTACKER);
    const second = await register(required, victim, email, VICTIM);
    expect(second.body).toEqual(first.body);
    await openLink(required, await readLink(required, email));
    expect((await login(required, { email, password: VICTIM })).user.username).toBe(victim);
    expect((await login(required, { username: attacker, password: ATTACKER })).code).toBe('INVALID_CREDENTIALS');
  });

  test('the first keeps the address when its link is opened first, and the second comes to nothing', async () => {
    const { email, attacker: one, victim: two } = newNames();
    await register(required, one, email, VICTIM);
    await register(required, two, email, ATTACKER);
    const [newer, older] = (await readMails(required, email)).map(tokenOf);
    expect((await openLink(required, older ?? '')).status).toBe(200);
    expect((await openLink(required, newer ?? '')).body.code).toBe('INVALID_CODE');
    expect((await login(required, { email, password: VICTIM })).user.username).toBe(one);
    expect((await login(required, { email, password: ATTACKER })).code).toBe('INVALID_CREDENTIALS');
  });

  test('a waiting name that somebody else has taken meanwhile is replaced by a made-up one', async () => {
    const { email, attacker, victim } = newNames();
    await register(required, attacker, email, ATTACKER);
    await register(required, victim, email, VICTIM);
    await required.createUser([{ name: 'User' }], { username: victim });
    await openLink(required, await readLink(required, email));
    expect((await login(required, { email, password: VICTIM })).user.username).toMatch(/^u_[a-z2-7]{10}$/);
  });

  test('an address that is verified is nobody else’s: the waiting registration never gets a link', async () => {
    const owner = await required.createUser();
    const { attacker } = newNames();
    await register(required, attacker, owner.email, ATTACKER);
    await required.rest('POST', '/auth/email/resend', { body: { email: owner.email } });
    expect((await readMails(required, owner.email)).map(({ link }) => link)).toEqual([null]);
    const codes = await required.deps.database.db.collection('one_time_codes').find({ target: owner.email }).toArray();
    expect(codes.every((code) => code['secrets'] === undefined)).toBe(true);
    // As where the address was free: signing in tells no more than registering.
    expect((await login(required, { email: owner.email, password: ATTACKER })).code).toBe('EMAIL_NOT_VERIFIED');
  });
});

test('a mail asked for again goes to all who claim the address, each naming its account, and makes no earlier link void', async () => {
  const { email, attacker, victim } = newNames();
  await register(required, victim, email, VICTIM);
  await register(required, attacker, email, ATTACKER);
  const earlier = (await readMails(required, email)).find(({ text }) => text.includes(victim));
  await required.rest('POST', '/auth/email/resend', { body: { email } });
  const [one, other] = await readMails(required, email);
  const named = [one, other].map((mail) => /account “(.*?)”/.exec(mail?.text ?? '')?.[1]);
  expect(named.sort()).toEqual([attacker, victim].sort());
  expect((await openLink(required, tokenOf(earlier))).status).toBe(200);
  expect((await login(required, { email, password: VICTIM })).user.username).toBe(victim);
});

test('an account that is somebody’s loses an unproven address to who proves it, and nothing else', async () => {
  const admin = await optional.createUser([{ name: 'Admin' }]);
  const { access } = await optional.signIn(admin);
  const { email, attacker } = newNames();
  expect((await optional.rest('PUT', `/users/${admin.id}`, { token: access, body: { email } })).status).toBe(200);
  await register(optional, attacker, email, ATTACKER);
  expect((await openLink(optional, await readLink(optional, email))).status).toBe(200);
  const signedIn = await login(optional, { username: admin.username, password: admin.password });
  expect(signedIn.user).toMatchObject({ email: null, roles: ['Admin'] });
});

test('a registration that loses its address is closed: nobody can enter it, and its grants count for nobody', async () => {
  const { email, attacker, victim } = newNames();
  const { body } = await register(optional, attacker, email, ATTACKER);
  await register(optional, victim, email, VICTIM);
  await openLink(optional, await readLink(optional, email));
  const check = { user_id: body.user.id, permission: 'KNOWLEDGE_READ' };
  const { access } = await optional.signIn(await optional.createUser([{ name: 'Admin' }]));
  expect((await optional.rest('POST', '/rbac/check', { token: access, body: check })).body.reason).toBe(
    'user_inactive',
  );
});
