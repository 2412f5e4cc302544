// What others wrote, in mails that are sent to people: it is text in its line, never markup, a further line, a header or a further recipient.
import { randomBytes } from 'node:crypto';
import type { Email } from 'postal-mime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';
import { startMailServer, type TestMailServer } from '../support/smtp.ts';

let mailServer: TestMailServer;
let server: TestServer;
beforeAll(async () => {
  mailServer = await startMailServer();
  server = await startTestServer({
    config: {
      server: { trust_proxy: ['127.0.0.1'] },
      mail: { smtp_url: `smtp://127.0.0.1:${mailServer.port}`, from: 'AuthCenter <no-reply@auth.example.com>' },
    },
  });
});
afterAll(async () => {
  await server.close();
  await mailServer.close();
});

async function mailsTo(email: string): Promise<Email[]> {
  await settleOutbox(server);
  return mailServer.mails.filter(({ to }) => to?.some(({ address }) => address === email));
}

const login = ({ email, password }: TestUser, device: object | null, headers: Record<string, string> = {}) =>
  server.rest('POST', '/auth/login', { body: { email, password, ...(device ? { device } : {}) }, headers });

/** The mail about a device that was never seen before. */
async function tellOf(device: object | null, headers: Record<string, string> = {}): Promise<Email> {
  const user = await server.createUser();
  await login(user, null, { 'user-agent': 'the first of them' });
  expect((await login(user, device, headers)).status).toBe(200);
  const [mail, ...more] = await mailsTo(user.email);
  expect(more).toEqual([]);
  if (!mail) throw new Error('no mail came');
  return mail;
}

const MARKUP = `<img src=x onerror=alert(1)></p><a href="https://evil.example">'&amp;`;

/** The line of a text mail that names the device. */
const lineOf = ({ text = '' }: Email): string => /new device: .*/.exec(text)?.[0] ?? '';
/** What is sent with every mail, and nothing else. */
const HEADERS = ['content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to'];

function expectPlain(mail: Email): void {
  expect(mail.headers.map(({ key }) => key).sort()).toEqual(HEADERS);
  expect([mail.subject, mail.to?.length]).toEqual(['A sign-in from a new device', 1]);
  expect(mail.html?.match(/<(?!\/?(html|body|p|strong)\b|!doctype)[^>]*>/gi)).toBeNull();
  // Greeting, what happened, what to do: with an empty line between.
  expect(mail.text?.trim().split('\n')).toHaveLength(5);
}

describe('a device', () => {
  test('whose name holds markup is text, in both forms of the mail', async () => {
    const mail = await tellOf({ device_name: MARKUP });
    expectPlain(mail);
    expect(lineOf(mail)).toContain(`new device: ${MARKUP}, address`);
    expect(mail.html).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  test('whose name would begin a line of its own is refused', async () => {
    const user = await server.createUser();
    for (const end of ['\n', '\r\n', '\r', '\u2028', '\u2029', '\u0085', '\0', '\u001b[2J'])
      expect((await login(user, { device_name: `phone${end}Click here` })).status).toBe(400);
    expect((await login(user, { device_name: 'x'.repeat(101) })).status).toBe(400);
  });

  test('whose name turns the direction of writing turns nothing', async () => {
    const mail = await tellOf({ device_name: 'phone \u202eelpmaxe.live\u2066 \u200fx' });
    expectPlain(mail);
    for (const body of [mail.text, mail.html]) expect(body).not.toMatch(/\p{Bidi_Control}/u);
  });
});

describe('a browser', () => {
  test.each([
    ['markup', MARKUP],
    ['tabs and other controls', 'Mozilla\tClick\u0085here\u0090'],
    ['a template', '<%= it.link %><% throw 1 %>'],
    ['ten thousand letters', 'x'.repeat(10_000)],
  ])('that calls itself %s adds nothing to the mail', async (_, agent) => {
    const mail = await tellOf(null, { 'user-agent': agent });
    expectPlain(mail);
    expect(lineOf(mail).length).toBeLessThan(700);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(lineOf(mail)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});

test('an address that a proxy made up is text', async () => {
  const mail = await tellOf({ device_name: 'phone' }, { 'x-forwarded-for': '<script>alert(1)</script>' });
  expectPlain(mail);
});

describe('a person', () => {
  const register = (fields: object) => {
    const tag = randomBytes(5).toString('hex');
    const body = { username: `i_${tag}`, email: `${tag}@example.com`, password: 'correct horse battery', ...fields };
    return server.rest('POST', '/auth/register', { body });
  };

  test('whose name holds markup is greeted by the user name', async () => {
    const email = `${randomBytes(5).toString('hex')}@example.com`;
    expect((await register({ email, name: MARKUP })).status).toBe(201);
    const [mail] = await mailsTo(email);
    expect(mail?.headers.map(({ key }) => key).sort()).toEqual(HEADERS);
    for (const body of [mail?.text, mail?.html]) expect(body).not.toMatch(/onerror|evil\.example/);
  });

  test.each(['li\nlei', 'li\r\nBcc: all@example.com', '<b>lilei</b>', 'li lei', 'li"lei', '李雷'])(
    'whose user name would be more than a name (%j) is refused',
    async (username) => {
      expect((await register({ username })).status).toBe(400);
    },
  );

  test.each([
    'a@example.com,b@example.com',
    'a@example.com;b@example.com',
    'a@example.com b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    'a@example.com\nb@example.com',
    'a@example.com\0',
    'Somebody <a@example.com>',
    '<a@example.com>',
    '"a,b"@example.com',
    '"a\r\nBcc: b@example.com"@example.com',
    'a@[127.0.0.1]',
    'group:a@example.com;',
    'a%0d%0abcc:b@example.com@example.com',
    ['a@example.com', 'b@example.com'],
    { address: 'a@example.com' },
  ])('whose address would be more than one mailbox (%j) is refused, wherever it is asked for', async (email) => {
    const sent = mailServer.mails.length;
    for (const answer of [
      await register({ email }),
      await server.rest('POST', '/auth/password/forgot', { body: { email } }),
      await server.rest('POST', '/auth/email/resend', { body: { email } }),
      await server.rest('POST', '/auth/otp', { body: { email, purpose: 'login' } }),
    ])
      expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    await settleOutbox(server);
    expect(mailServer.mails.length).toBe(sent);
  });
});
