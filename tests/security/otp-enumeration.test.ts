// Codes and forgotten passwords tell nobody who has an account: the same answers, by the same work, for every number and address.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordWork, visible } from '../support/alike.ts';
import { askForCode, login } from '../support/codes.ts';
import { forgetPassword, resetPassword } from '../support/passwords.ts';
import { newNumber, toE164 } from '../support/phones.ts';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';

/** Takes the calls and sends nothing, so that its work is that of the calls alone. */
let server: TestServer;
/** Sends what the first one queues. */
let sender: TestServer;
beforeAll(async () => {
  const config = { rate_limit: { enabled: true, login: '1000/m', register: '1000/h' } };
  server = await startTestServer({ config, monitorCommands: true });
  sender = await startTestServer({ config, sharedWith: server });
  await server.deps.outbox.close();
});
afterAll(async () => {
  await sender.close();
  await server.close();
});

interface PhoneUser extends TestUser {
  readonly phone: string;
}
async function createUser(fields: Record<string, unknown> = {}): Promise<PhoneUser> {
  const [user, phone] = [await server.createUser(), newNumber()];
  await server.deps.users.update(user.id, {}, { $set: { phone: toE164(phone), phone_verified: true, ...fields } });
  return { ...user, phone };
}
const anybody = (): Pick<PhoneUser, 'phone' | 'email'> => ({
  phone: newNumber(),
  email: `${randomBytes(5).toString('hex')}@example.com`,
});

/** Whoever there may be behind a number and an address. */
const kinds: Record<string, () => Promise<Pick<PhoneUser, 'phone' | 'email'>>> = {
  known: () => createUser(),
  unknown: async () => anybody(),
  unproven: () => createUser({ phone_verified: false, email_verified: false }),
  disabled: () => createUser({ status: 'inactive' }),
  idle: () => createUser({ 'login_history.last_login_at': new Date('2020-01-01') }),
};

type Call = (contact: Pick<PhoneUser, 'phone' | 'email'>) => Promise<RestAnswer>;
const sends: [string, 'phone' | 'email', Call, readonly string[]][] = [
  ...(['login', 'register'] as const).map((purpose): (typeof sends)[number] => [
    `otp.send to ${purpose} by phone`,
    'phone',
    ({ phone }) => askForCode(server, { phone, purpose }),
    Object.keys(kinds),
  ]),
  [
    'otp.send to reset a password',
    'phone',
    ({ phone }) => askForCode(server, { phone, purpose: 'reset_password' }),
    ['known', 'disabled', 'idle'],
  ],
  [
    'otp.send to login by mail',
    'email',
    ({ email }) => askForCode(server, { email, purpose: 'login' }),
    ['known', 'disabled', 'idle'],
  ],
  [
    'password.forgot by phone',
    'phone',
    ({ phone }) => forgetPassword(server, { phone }),
    ['known', 'disabled', 'idle'],
  ],
  [
    'password.forgot by mail',
    'email',
    ({ email }) => forgetPassword(server, { email }),
    // Who has not proven the address is sent the link that proves it.
    ['known', 'disabled', 'idle', 'unproven'],
  ],
];

/** The id is random and a wait is of the moment. */
const masked = (answer: RestAnswer) => {
  const { body, headers, ...rest } = visible(answer);
  return {
    ...rest,
    headers: headers.filter(([name]) => name !== 'retry-after'),
    body: body && { ...body, ...(body.challenge_id ? { challenge_id: '' } : {}), retry_after: 0 },
  };
};

async function callForEach(call: Call) {
  const results: Record<string, { answer: RestAnswer; work: string[]; contact: Pick<PhoneUser, 'phone' | 'email'> }> =
    {};
  for (const [kind, create] of Object.entries(kinds)) {
    const contact = await create();
    let answer: RestAnswer | undefined;
    const work = await recordWork(server, async () => {
      answer = await call(contact);
    });
    if (answer) results[kind] = { answer, work, contact };
  }
  return results;
}

async function expectAlike(call: Call) {
  const results = await callForEach(call);
  const { known } = results;
  for (const [kind, { answer, work }] of Object.entries(results)) {
    expect({ kind, ...masked(answer) }).toEqual({ kind, ...(known && masked(known.answer)) });
    expect({ kind, work }).toEqual({ kind, work: known?.work });
  }
  expect(known?.work.length).toBeGreaterThan(2);
  return results;
}

describe.each(sends)('%s', (_, channel, call, sentTo) => {
  test('is answered alike, by the same work, whoever is behind it; only who is to get a message gets one', async () => {
    const results = await expectAlike(call);
    expect(results['known']?.answer.status).toBe(202);
    await settleOutbox(sender);
    const got: string[] = [];
    for (const [kind, { contact }] of Object.entries(results)) {
      const messages = await sender.deps.devMessages.list(channel === 'phone' ? toE164(contact.phone) : contact.email);
      if (messages.length > 0) got.push(kind);
    }
    expect(got.sort()).toEqual([...sentTo].sort());
  });

  test('is refused alike within the minute', async () => {
    const again = await expectAlike(async (contact) => {
      await call(contact);
      return call(contact);
    });
    expect(again['known']?.answer.body.code).toBe('RATE_LIMITED');
  });
});

describe('a wrong code', () => {
  const code = '000000';
  const calls: [string, Call][] = [
    ['to sign in by phone', ({ phone }) => login(server, { phone, code })],
    ['to sign in by mail', ({ email }) => login(server, { email, code })],
    ['to register', ({ phone }) => server.rest('POST', '/auth/register', { body: { phone, code } })],
    ['to reset a password', ({ phone }) => resetPassword(server, { phone, code })],
  ];

  test.each(calls)('%s is refused alike, by the same work', async (_, call) => {
    const { known } = await expectAlike(call);
    expect([known?.answer.status, known?.answer.body.code]).toEqual([401, 'INVALID_CODE']);
  });

  test.each(calls)('%s is refused alike where one was sent', async (_, call) => {
    const { known } = await expectAlike(async (contact) => {
      await askForCode(server, { phone: contact.phone, purpose: 'login' });
      await askForCode(server, { email: contact.email, purpose: 'login' });
      return call(contact);
    });
    expect([known?.answer.status, known?.answer.body.code]).toEqual([401, 'INVALID_CODE']);
  });
});
