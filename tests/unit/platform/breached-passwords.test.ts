// Asking whether a password has leaked: what leaves the house, how the answer is read, and that nobody is kept waiting by its absence.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type BreachedPasswords, createBreachedPasswords } from '../../../server/src/platform/breached-passwords.ts';
import { type BreachService, sha1, startBreachService } from '../../support/breached-passwords.ts';
import { captureLog } from '../../support/log-lines.ts';

let service: BreachService;
beforeAll(async () => {
  service = await startBreachService();
});
afterAll(() => service.close());
beforeEach(() => service.answerWith(200));

const { log } = captureLog();

function open(url = service.url, timeout?: number): BreachedPasswords {
  const breached = createBreachedPasswords({ enabled: true, url }, log.root, timeout);
  if (!breached) throw new Error('it is switched on');
  return breached;
}

test('is there only where it is switched on', () => {
  expect(createBreachedPasswords({ enabled: false, url: service.url }, log.root)).toBeNull();
});

test('a password is known when its line counts at least one; padding counts none', async () => {
  for (const [password, count] of [
    ['seen once', 1],
    ['seen often', 9_545_824],
    ['padding', 0],
  ] as const)
    service.leak(password, count);
  const breached = open();
  expect(await breached.isKnown('seen once')).toBe(true);
  expect(await breached.isKnown('seen often')).toBe(true);
  expect(await breached.isKnown('padding')).toBe(false);
  expect(await breached.isKnown('never seen')).toBe(false);
  expect(await breached.isKnown('密码')).toBe(false);
  service.leak('密码', 3);
  expect(await breached.isKnown('密码')).toBe(true);
});

test('five digits of the digest leave the house, and nothing else of it', async () => {
  const password = 'a password of somebody';
  const before = service.seen.length;
  await open().isKnown(password);
  const [request, ...more] = service.seen.slice(before);
  expect(more).toEqual([]);
  expect(request).toMatchObject({ method: 'GET', path: `/range/${sha1(password).slice(0, 5)}`, body: '' });
  expect(request?.headers).toMatchObject({ 'add-padding': 'true' });
  for (const name of ['cookie', 'authorization', 'referer', 'origin'])
    expect(request?.headers).not.toHaveProperty(name);
});

test.each([500, 429, 404, 302])('an answer of %i lets the password through', async (status) => {
  service.leak('iloveyou', 5);
  service.answerWith(status);
  expect(await open().isKnown('iloveyou')).toBe(false);
});

test('so does a service that never answers, or is not there', async () => {
  service.leak('iloveyou', 5);
  service.answerWith(0);
  expect(await open(service.url, 20).isKnown('iloveyou')).toBe(false);
  const gone = await startBreachService();
  await gone.close();
  expect(await open(gone.url).isKnown('iloveyou')).toBe(false);
});

test('each time the log says so, without the password or its digest', async () => {
  const { log: own, text } = captureLog();
  const breached = createBreachedPasswords({ enabled: true, url: service.url }, own.root, 20);
  for (const status of [500, 0]) {
    service.answerWith(status);
    await breached?.isKnown('iloveyou');
  }
  expect(text().match(/the breached-password service did not answer/g)).toHaveLength(2);
  expect(text()).not.toContain('iloveyou');
  expect(text().toUpperCase()).not.toContain(sha1('iloveyou').slice(5));
});
