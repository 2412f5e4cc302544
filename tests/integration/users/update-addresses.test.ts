// An administrator who changes somebody's addresses gives them another way in: freshly proven, told to the owner, and opening nothing by itself.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMails } from '../../support/mailbox.ts';
import { newNumber, signInByPhone, toE164 } from '../../support/phones.ts';
import { expectOk } from '../../support/second-factors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, type Person } from './people.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const put = (by: Person, id: string, body: object) => server.rest('PUT', `/users/${id}`, { token: by.token, body });

test('it demands a fresh proof, of oneself as of others; a profile does not', async () => {
  const [admin, person] = [await createAdmin(server), await createPerson(server)];
  server.clock.advance(11 * 60_000);
  for (const id of [admin.id, person.id])
    for (const body of [{ email: 'new@example.com' }, { phone: newNumber() }, { email: null }])
      expect((await put(admin, id, body)).body.code).toBe('STEP_UP_REQUIRED');
  expect((await put(admin, person.id, { profile: { name: '李雷' } })).status).toBe(200);
});

test('the owner is told, at the address they had too; what is the same is no change', async () => {
  const [admin, person] = [await createAdmin(server), await createPerson(server)];
  const subjects = async (to: string) => (await readMails(server, to)).map(({ subject }) => subject);
  expect((await put(admin, person.id, { email: person.email })).status).toBe(200);
  expect(await subjects(person.email)).toEqual([]);
  const next = `next.${person.email}`;
  expect((await put(admin, person.id, { email: next })).status).toBe(200);
  expect(await subjects(person.email)).toEqual(['This address is no longer yours here']);
  expect(await subjects(next)).toEqual(['Your account was changed']);
});

test('each old address is told, though one was told within the hour', async () => {
  const [admin, person] = [await createAdmin(server), await createPerson(server)];
  const second = `second.${person.email}`;
  for (const email of [second, `third.${person.email}`]) {
    expect((await put(admin, person.id, { email })).status).toBe(200);
    await server.deps.users.update(person.id, {}, { $set: { email_verified: true } });
  }
  for (const email of [person.email, second])
    expect((await readMails(server, email)).map(({ subject }) => subject)).toContain(
      'This address is no longer yours here',
    );
});

test('a number that was typed wrongly lets a stranger no further than to an account of their own', async () => {
  const [admin, person] = [await createAdmin(server), await createPerson(server)];
  const phone = newNumber();
  expect((await put(admin, person.id, { phone })).status).toBe(200);
  const begun = expectOk(await signInByPhone(server, phone));
  expect([begun.status, begun.methods]).toEqual(['mfa_required', ['email', 'new_account']]);
  expect((await server.deps.users.findById(person.id))?.phone_verified).toBe(false);
  const { mfa_token } = begun;
  const own = expectOk(await server.rest('POST', '/auth/mfa/verify', { body: { mfa_token, method: 'new_account' } }));
  expect([own.status, own.user.phone]).toEqual(['ok', toE164(phone)]);
  expect(own.user.id).not.toBe(person.id);
  expect((await server.deps.users.findById(person.id))?.phone).toBeUndefined();
});

test('its owner proves it, and the mailbox, once; from then on the number is enough', async () => {
  const [admin, person] = [await createAdmin(server), await createPerson(server)];
  const phone = newNumber();
  expect((await put(admin, person.id, { phone })).status).toBe(200);
  const { mfa_token } = expectOk(await signInByPhone(server, phone));
  const [mail] = (await readMails(server, person.email)).filter(({ code }) => code !== null);
  const body = { mfa_token, method: 'email', code: mail?.code };
  expect(expectOk(await server.rest('POST', '/auth/mfa/verify', { body })).user.id).toBe(person.id);
  expect(expectOk(await signInByPhone(server, phone))).toMatchObject({ status: 'ok', user: { id: person.id } });
});

test('an account that nobody has entered yet is entered by the number that was typed for it', async () => {
  const [admin, invited] = [await createAdmin(server), await server.createUser()];
  const phone = newNumber();
  expect((await put(admin, invited.id, { phone })).status).toBe(200);
  expect(expectOk(await signInByPhone(server, phone)).user.id).toBe(invited.id);
});
