// What people are told unasked about their account: of what, where, how often, in which words.
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMails } from '../../support/mailbox.ts';
import { changePassword, NEW_PASSWORD, tryPassword } from '../../support/passwords.ts';
import { newNumber, toE164 } from '../../support/phones.ts';
import { enrollApp, refresh } from '../../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';
import { startMailServer } from '../../support/smtp.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const MINUTE = 60_000;
const CHINESE = { 'accept-language': 'zh-CN' };
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15';

const subjectsTo = async (to: string, on = server) => (await readMails(on, to)).map(({ subject }) => subject);

async function signInFrom({ email, password }: TestUser, userAgent: string, device = {}, headers = {}) {
  const { body } = await server.rest('POST', '/auth/login', {
    body: { email, password, ...(Object.keys(device).length > 0 ? { device } : {}) },
    headers: { 'user-agent': userAgent, ...headers },
  });
  expect(body.status).toBe('ok');
}

describe('a new device', () => {
  const NEW = 'A sign-in from a new device';

  test('is told of: neither the first, nor one that was seen before, nor a newer version of a browser', async () => {
    const user = await server.createUser();
    await signInFrom(user, FIREFOX);
    await signInFrom(user, FIREFOX);
    await signInFrom(user, FIREFOX.replaceAll('128.0', '129.1'));
    expect(await subjectsTo(user.email)).toEqual([]);
    await signInFrom(user, SAFARI);
    expect(await subjectsTo(user.email)).toEqual([NEW]);
    server.clock.advance(61 * MINUTE);
    await signInFrom(user, SAFARI);
    await signInFrom(user, FIREFOX);
    expect(await subjectsTo(user.email)).toEqual([NEW]);
  });

  test('is named, with where and when it was', async () => {
    const user = await server.createUser();
    await signInFrom(user, FIREFOX);
    const device = { device_type: 'mobile', device_name: '李雷的手机' };
    await signInFrom(user, 'App/1.0', device, CHINESE);
    const [mail] = await readMails(server, user.email);
    expect(mail?.subject).toBe('新设备登录提醒');
    expect(mail?.text).toMatch(
      new RegExp(
        `账号“${user.username}”于 2\\d{3}年\\d+月\\d+日 UTC \\d\\d:\\d\\d 在新设备上登录：李雷的手机，地址 127.0.0.1。`,
      ),
    );
    server.clock.advance(61 * MINUTE);
    await signInFrom(user, SAFARI);
    const [english] = await readMails(server, user.email);
    expect(english?.text).toContain(`was signed in to from a new device: ${SAFARI}, address 127.0.0.1, at `);
  });

  test('of somebody else is none of mine: two people may share one', async () => {
    const [one, two] = [await server.createUser(), await server.createUser()];
    await signInFrom(one, FIREFOX);
    await signInFrom(two, SAFARI);
    await signInFrom(two, FIREFOX);
    expect(await subjectsTo(two.email)).toEqual([NEW]);
    expect(await subjectsTo(one.email)).toEqual([]);
  });
});

/** Each kind: what brings it about, and its subject in both languages. */
type Cause = (user: TestUser, headers: Record<string, string>) => Promise<void>;
const CAUSES: [string, string, string, Cause][] = [
  [
    'a lock',
    'Sign-in was locked',
    '登录已被暂时锁定',
    async ({ email }, headers) => {
      for (let i = 0; i < 5; i++)
        await server.rest('POST', '/auth/login', { body: { email, password: 'wrong password' }, headers });
      // The hour counts from when it is told.
      await settleOutbox(server);
      server.clock.advance(31 * MINUTE);
    },
  ],
  [
    'a refresh token used by two',
    'A session was ended',
    '一个会话已被终止',
    async (user, headers) => {
      const first = await server.signIn(user);
      await refresh(server, await refresh(server, first));
      const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: first.refresh }, headers });
      expect(body.code).toBe('SESSION_REVOKED');
    },
  ],
  [
    'a changed password',
    'Your account was changed',
    '账号安全信息已变更',
    async (user, headers) => {
      const { access } = await server.signIn(user);
      const body = { new_password: user.password };
      expect((await server.rest('POST', '/auth/password/change', { token: access, body, headers })).status).toBe(204);
    },
  ],
];

describe.each(CAUSES)('%s', (_, english, chinese, cause) => {
  test('is told once an hour, in the language of the request', async () => {
    const user = await server.createUser();
    await cause(user, {});
    const [mail, ...more] = await readMails(server, user.email);
    expect([mail?.subject, mail?.link, mail?.code, more]).toEqual([english, null, null, []]);
    expect(mail?.text).toContain(`“${user.username}”`);
    await cause(user, CHINESE);
    expect(await subjectsTo(user.email)).toEqual([english]);
    server.clock.advance(60 * MINUTE);
    await cause(user, CHINESE);
    expect(await subjectsTo(user.email)).toEqual([chinese, english]);
  });

  test('is told by text message where no mailbox is proven, and to the unproven one where there is no phone', async () => {
    const phone = toE164(newNumber());
    const [both, bare] = [
      await server.createUser([{ name: 'User' }], { email_verified: false }),
      await server.createUser([{ name: 'User' }], { email_verified: false }),
    ];
    await server.deps.users.update(both.id, {}, { $set: { phone, phone_verified: true } });
    await cause(both, CHINESE);
    await cause(bare, {});
    const [message, ...more] = await readMails(server, phone);
    expect([message?.channel, more]).toEqual(['sms', []]);
    expect(message?.text).toMatch(new RegExp(`^【AuthCenter】.*账号 ${both.username} .*。$`));
    expect(await subjectsTo(both.email)).toEqual([]);
    expect(await subjectsTo(bare.email)).toEqual([english]);
  });
});

test('what is of different kinds is told each, also within the hour: nothing can be hidden behind something harmless', async () => {
  const user = await server.createUser();
  const tokens = await server.signIn(user);
  await enrollApp(server, tokens.access);
  const { access } = await refresh(server, tokens);
  await changePassword(server, access, { old_password: user.password, new_password: NEW_PASSWORD });
  for (let i = 0; i < 5; i++) await tryPassword(server, user, 'wrong password');
  const mails = await readMails(server, user.email);
  expect(mails.map(({ subject }) => subject)).toEqual([
    'Sign-in was locked',
    'Your account was changed',
    'Your account was changed',
  ]);
  expect(mails[1]?.text).toContain(`The password of your account “${user.username}” has been changed.`);
  expect(mails[2]?.text).toContain('The authenticator app of your account');
});

test('a factor that goes is told of, though one came within the hour', async () => {
  const user = await server.createUser();
  const tokens = await server.signIn(user);
  await enrollApp(server, tokens.access);
  const { access } = await refresh(server, tokens);
  expect((await server.rest('POST', '/auth/mfa/disable', { token: access, headers: CHINESE })).status).toBe(204);
  const texts = (await readMails(server, user.email)).map(({ text }) => text);
  expect(texts).toEqual([
    expect.stringContaining('的身份验证器已移除。'),
    expect.stringContaining(`The authenticator app of your account “${user.username}” has been added.`),
  ]);
});

describe('who is to tell, of several records of one kind', () => {
  const claim = (user: string, record: string, kind = 'new_device', at = server.clock.now()) =>
    server.deps.notices.claim(user, kind, record, at);

  test('is the first, which may try again; the others keep silent for an hour', async () => {
    const user = new ObjectId().toHexString();
    const now = server.clock.now();
    expect([await claim(user, 'a'), await claim(user, 'a'), await claim(user, 'b')]).toEqual([true, true, false]);
    expect([await claim(user, 'b', 'account_locked'), await claim(new ObjectId().toHexString(), 'b')]).toEqual([
      true,
      true,
    ]);
    const later = (minutes: number) => new Date(now.getTime() + minutes * MINUTE);
    expect(await claim(user, 'b', 'new_device', later(59))).toBe(false);
    expect(await claim(user, 'b', 'new_device', later(61))).toBe(true);
    // The first, tried again after all this time, is told already by the second.
    expect(await claim(user, 'a', 'new_device', later(62))).toBe(false);
  });

  test('is one, of many at once', async () => {
    const user = new ObjectId().toHexString();
    const claims = await Promise.all(Array.from({ length: 12 }, (_, i) => claim(user, `record ${i}`)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    const again = await Promise.all(Array.from({ length: 12 }, () => claim(new ObjectId().toHexString(), 'the same')));
    expect(again).toEqual(Array(12).fill(true));
  });
});

test('a mail server that takes a notice and dies before it says so gets it twice, and no other of its kind beside it', async () => {
  const taken: string[] = [];
  const mail = await startMailServer(0, {
    onData(stream, session, done) {
      stream.resume();
      stream.on('end', () => {
        taken.push(session.envelope.rcptTo[0]?.address ?? '');
        done(taken.length === 1 ? new Error('disk full') : null);
      });
    },
  });
  const one = await startTestServer({ config: { mail: { smtp_url: `smtp://127.0.0.1:${mail.port}` } } });
  try {
    const { id, email } = await one.createUser();
    const notice = { kind: 'notice', notice: 'account_locked', user_id: id, locale: 'en' } as const;
    await one.deps.queueMessage(notice);
    await settleOutbox(one);
    await one.deps.queueMessage(notice);
    await settleOutbox(one);
    expect(taken).toEqual([email]);
    one.clock.advance(5 * MINUTE);
    await settleOutbox(one);
    expect(taken).toEqual([email, email]);
    expect(await one.deps.database.db.collection('outbox').countDocuments()).toBe(0);
  } finally {
    await one.close();
    await mail.close();
  }
});

test('nobody is told of what concerns nobody: an unknown name that was locked, an account that is gone', async () => {
  const email = 'nobody.to.be.told@example.com';
  for (let i = 0; i < 6; i++) await tryPassword(server, { email }, 'wrong password');
  await server.deps.queueMessage({
    kind: 'notice',
    notice: 'refresh_reuse',
    user_id: new ObjectId().toHexString(),
    locale: 'en',
  });
  expect(await readMails(server, email)).toEqual([]);
  expect(await server.deps.database.db.collection('outbox').countDocuments()).toBe(0);
});
