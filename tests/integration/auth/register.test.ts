// Registering by e-mail: what each mode answers, what a password may be, and one account however many ask at once.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLink, readLink, readMails } from '../../support/mailbox.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../../support/server.ts';

type Mode = 'required' | 'optional' | 'off';
const modes: readonly Mode[] = ['required', 'optional', 'off'];
const servers = {} as Record<Mode, TestServer>;
beforeAll(async () => {
  for (const mode of modes)
    servers[mode] = await startTestServer({ config: { registration: { email_verification: mode } } });
});
afterAll(async () => {
  for (const mode of modes) await servers[mode].close();
});

const password = 'correct horse battery';
const newPerson = () => {
  const tag = randomBytes(5).toString('hex');
  return { username: `p_${tag}`, email: `${tag}@example.com`, password };
};
const register = (server: TestServer, body: unknown): Promise<RestAnswer> =>
  server.rest('POST', '/auth/register', { body });
const signIn = (server: TestServer, body: { email: string; password: string }) =>
  server.rest('POST', '/auth/login', { body: { email: body.email, password: body.password } });
const countUsers = (server: TestServer, filter: object) =>
  server.deps.database.db.collection('users').countDocuments(filter);

describe('required', () => {
  test('answers that the address is to be verified, and signs in only after that', async () => {
    const server = servers.required;
    const person = newPerson();
    const answer = await register(server, { ...person, name: '李雷' });
    expect([answer.status, answer.body]).toEqual([201, { status: 'verification_required' }]);
    const early = await signIn(server, person);
    expect([early.status, early.body.code]).toEqual([403, 'EMAIL_NOT_VERIFIED']);
    const verified = await openLink(server, await readLink(server, person.email));
    expect([verified.status, verified.body]).toEqual([200, { status: 'verified' }]);
    const { body } = await signIn(server, person);
    expect(body.user).toMatchObject({ username: person.username, roles: ['User'], profile: { name: '李雷' } });
  });

  test('tells that an address is not verified only after the right password', async () => {
    const person = newPerson();
    await register(servers.required, person);
    const wrong = await signIn(servers.required, { ...person, password: 'wrong password' });
    expect([wrong.status, wrong.body.code]).toEqual([401, 'INVALID_CREDENTIALS']);
  });
});

describe('optional', () => {
  test('signs in at once, and the mail goes all the same', async () => {
    const server = servers.optional;
    const person = newPerson();
    const { status, body } = await register(server, { ...person, device: { device_name: 'Laptop' } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'ok', user: { username: person.username, roles: ['User'] } });
    expect((await server.rest('GET', '/auth/me', { token: body.access_token })).status).toBe(200);
    const { items } = (await server.rest('GET', '/auth/sessions', { token: body.access_token })).body;
    expect(items).toMatchObject([{ device_info: { device_name: 'Laptop' } }]);
    expect((await openLink(server, await readLink(server, person.email))).status).toBe(200);
    // Its token said that the address was not verified.
    expect((await server.rest('GET', '/auth/me', { token: body.access_token })).body.code).toBe('TOKEN_STALE');
  });

  test('is over when the browser is given a cookie too', async () => {
    const server = servers.optional;
    const answer = await server.rest('POST', '/auth/register', {
      body: { ...newPerson(), refresh_transport: 'cookie' },
      headers: { origin: server.url },
    });
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-ac_refresh=ey/);
  });
});

test('off: signs in at once, and no mail goes', async () => {
  const person = newPerson();
  expect((await register(servers.off, person)).body.status).toBe('ok');
  expect(await readMails(servers.off, person.email)).toEqual([]);
});

describe.each(modes)('in mode %s', (mode) => {
  test('a taken user name is told, whatever its case', async () => {
    const server = servers[mode];
    const person = newPerson();
    await register(server, person);
    const again = await register(server, { ...newPerson(), username: person.username.toUpperCase() });
    expect([again.status, again.body.code]).toEqual([409, 'ALREADY_EXISTS']);
    expect(again.body.errors).toEqual([{ path: 'username', message: 'is taken' }]);
  });

  test('20 registrations of one name at once make one account', async () => {
    const server = servers[mode];
    const { username } = newPerson();
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(server, { ...newPerson(), username })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'ALREADY_EXISTS')).toHaveLength(19);
    expect(await countUsers(server, { username })).toBe(1);
  });

  test('20 registrations of one address at once make one account', async () => {
    const server = servers[mode];
    const { email } = newPerson();
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(server, { ...newPerson(), email })));
    const count = (wanted: string) => answers.filter(({ body }) => (body.code ?? body.status) === wanted).length;
    expect({ ok: count('ok'), waits: count('verification_required'), taken: count('ALREADY_EXISTS') }).toEqual(
      {
        required: { ok: 0, waits: 20, taken: 0 },
        optional: { ok: 1, waits: 19, taken: 0 },
        off: { ok: 1, waits: 0, taken: 19 },
      }[mode],
    );
    expect(await countUsers(server, { email })).toBe(1);
  });

  test('the address of a verified account is told where the mode tells it', async () => {
    const server = servers[mode];
    const owner = await server.createUser();
    const { status, body } = await register(server, { ...newPerson(), email: owner.email.toUpperCase() });
    if (mode === 'required') expect([status, body]).toEqual([201, { status: 'verification_required' }]);
    else {
      expect([status, body.code]).toEqual([409, 'ALREADY_EXISTS']);
      expect(body.errors).toEqual([{ path: 'email', message: 'is taken' }]);
    }
    const mails = (await readMails(server, owner.email)).map(({ subject, link }) => [subject, link]);
    expect(mails).toEqual(mode === 'required' ? [['You already have an account', null]] : []);
    expect((await signIn(server, owner)).status).toBe(200);
  });
});

describe('a password', () => {
  const attempt = async (chosen: string, fields = {}) => {
    const person = { ...newPerson(), ...fields, password: chosen };
    const answer = await register(servers.off, person);
    return { person, status: answer.status, body: answer.body };
  };

  test.each(['短密码七个字呀', 'seven77', 'x'.repeat(129), '𠮷'.repeat(129)])(
    'is refused by its length: %s',
    async (chosen) => {
      const { status, body } = await attempt(chosen);
      expect([status, body.code, body.errors[0].path]).toEqual([400, 'VALIDATION_FAILED', 'password']);
      expect(JSON.stringify(body)).not.toContain(chosen);
    },
  );

  test('is refused when it holds the own name or address', async () => {
    const tag = randomBytes(5).toString('hex');
    for (const chosen of [`my-${tag}-word`, `N_${tag}2026`]) {
      const { body } = await attempt(chosen, { username: `n_${tag}`, email: `${tag}@example.com` });
      expect(body.errors).toEqual([{ path: 'password', message: 'must not contain your own name or address' }]);
    }
  });

  test.each([
    ['eight Chinese characters', '春江潮水连海平，'],
    ['25 Chinese characters, which are 75 bytes', `${'春'.repeat(24)}江`],
    ['72 bytes', 'a'.repeat(72)],
    ['73 bytes', 'a'.repeat(73)],
    ['128 characters of four bytes each', '𠮷'.repeat(128)],
    ['spaces at both ends', '  not trimmed  '],
    ['control characters', 'before\u0000after the zero'],
  ])('is taken as a whole: %s', async (_what, chosen) => {
    const { person, status } = await attempt(chosen);
    expect(status).toBe(201);
    expect((await signIn(servers.off, person)).status).toBe(200);
    const characters = [...chosen];
    const others = [
      characters.slice(0, -1).join(''),
      `${characters.slice(0, -1).join('')}~`,
      `${chosen}~`.slice(0, 256),
      chosen.trim() === chosen ? `${chosen} ` : chosen.trim(),
      chosen.replace('after', 'AFTER').replace(/^./u, '~'),
    ];
    for (const other of others.filter((one) => one !== chosen && one.length <= 256)) {
      const { body } = await signIn(servers.off, { ...person, password: other });
      expect(body.code).toBe('INVALID_CREDENTIALS');
    }
  });
});

test.each([
  ['username', 'ab'],
  ['username', 'x'.repeat(33)],
  ['username', 'white space'],
  ['username', '名字'],
  ['username', '<script>'],
  ['email', 'no address'],
  ['email', 'a@b'],
  ['email', 'victim@example.com\r\nbcc: all@example.com'],
  ['email', `${'a'.repeat(250)}@example.com`],
  ['name', 'line\nbreak'],
  ['name', 'x'.repeat(101)],
])('a bad %s is named: %j', async (field, value) => {
  const { status, body } = await register(servers.required, { ...newPerson(), [field]: value });
  expect([status, body.code, body.errors[0].path]).toEqual([400, 'VALIDATION_FAILED', field]);
});
