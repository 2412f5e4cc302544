// Signing in by QR code: what the browser is told of the phone, by events and by asking, and how it ends.
import { EventSource } from 'eventsource';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type QrCode, signInByQr } from '../../../client-sdk/src/qr.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import type { PhoneActs } from './fake-ways-in.ts';
import { catchError, createTestClient } from './test-client.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

const signIn = (...acts: PhoneActs) => {
  server.control.phone.push(...acts);
  const client = createTestClient(server);
  const codes: QrCode[] = [];
  const steps: string[] = [];
  const result = signInByQr(client, { onCode: (code) => codes.push(code), onStatus: (status) => steps.push(status) });
  return { client, codes, steps, result };
};

describe.each([
  ['events', true],
  ['asking again and again', false],
])('by %s', (_name, byEvents) => {
  beforeEach(() => {
    if (byEvents) Object.defineProperty(globalThis, 'EventSource', { configurable: true, value: EventSource });
  });
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'EventSource');
  });

  test('confirmed: signed in', async () => {
    const { client, codes, steps, result } = signIn('confirmed');
    expect(await result).toEqual({ status: 'ok', user: client.auth.user });
    expect(codes).toEqual([
      {
        svg: expect.stringMatching(/^<svg .*<\/svg>$/s),
        url: 'https://auth.example.com/qr/id',
        number: 42,
        expiresAt: new Date(120_000),
      },
    ]);
    expect(steps).toEqual(['confirmed']);
    expect(server.countCalls('auth.qr.watch')).toBe(byEvents ? 1 : 0);
  });

  test('not used in time: another code takes its place, until one is', async () => {
    const { codes, steps, result } = signIn('expired', 'expired', 'confirmed');
    expect(await result).toMatchObject({ status: 'ok' });
    expect(codes).toHaveLength(3);
    expect(steps).toEqual(['expired', 'expired', 'confirmed']);
  });

  test.each(['rejected', 'claimed'])('%s: nobody is signed in', async (status) => {
    const { client, result } = signIn(status);
    expect(await catchError(result)).toMatchObject({ name: 'AuthCenterError', code: 'ACCESS_DENIED' });
    expect(client.auth.user).toBeNull();
    expect(server.countCalls('auth.qr.claim')).toBe(0);
  });

  test('what the server refuses is told as it says', async () => {
    const { result } = signIn({ code: 'NOT_FOUND' });
    expect(await catchError(result)).toMatchObject({ name: 'AuthCenterError', code: 'NOT_FOUND', status: 404 });
  });

  test('what is no answer of an AuthCenter', async () => {
    const body = '<h1>Bad gateway</h1>';
    const onCode = () => {
      server.control.instead = { status: 502, headers: { 'content-type': 'text/html' }, body };
    };
    const error = await catchError(signInByQr(createTestClient(server), { onCode }));
    expect(error).toMatchObject({ name: 'AuthCenterError', code: 'NETWORK_ERROR' });
  });

  test.each(['at first', 'while it waits'])('given up %s: ABORTED, and nothing is claimed', async (when) => {
    const giveUp = new AbortController();
    if (when === 'at first') giveUp.abort();
    server.control.phone.push('pending');
    const client = createTestClient(server);
    const result = signInByQr(client, {
      onCode: () => {},
      onStatus: () => giveUp.abort(),
      signal: giveUp.signal,
    });
    expect(await catchError(result)).toMatchObject({ name: 'AuthCenterError', code: 'ABORTED' });
    expect(server.countCalls('auth.qr.claim')).toBe(0);
  });

  test('given up just before the claim: nobody is signed in', async () => {
    const giveUp = new AbortController();
    server.control.phone.push('confirmed');
    const client = createTestClient(server);
    const result = signInByQr(client, {
      onCode: () => {},
      onStatus: () => giveUp.abort(),
      signal: giveUp.signal,
    });
    expect(await catchError(result)).toMatchObject({ name: 'AuthCenterError', code: 'ABORTED' });
    expect(client.auth.user).toBeNull();
  });
});

test.each(['RATE_LIMITED', 'OVERLOADED'] as const)('asking again and again: %s only makes it slower', async (code) => {
  const { codes, result } = signIn({ code, retryAfter: 0 }, 'confirmed');
  expect(await result).toMatchObject({ status: 'ok' });
  expect(codes).toHaveLength(1);
});

test('events that end before the sign-in does: told, not waited for for ever', async () => {
  Object.defineProperty(globalThis, 'EventSource', { configurable: true, value: EventSource });
  try {
    const { result } = signIn('pending', 'scanned');
    expect(await catchError(result)).toMatchObject({ name: 'AuthCenterError', code: 'NETWORK_ERROR' });
  } finally {
    Reflect.deleteProperty(globalThis, 'EventSource');
  }
});
