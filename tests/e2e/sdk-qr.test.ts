// Signing in by QR code through the packed SDK: a browser and a phone as two of its clients, over two instances.
import { EventSource } from 'eventsource';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuthCenter } from '../../client-sdk/src/index.ts';
import type { QrCode } from '../../client-sdk/src/qr.ts';
import { importPackedSdk, installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let packed: PackedSdk;
let sdk: Awaited<ReturnType<typeof importPackedSdk>>;
let server: TestServer;
let other: TestServer;
let user: TestUser;
beforeAll(async () => {
  packed = await installPackedSdk();
  sdk = await importPackedSdk(packed);
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
  user = await server.createUser();
}, 120_000);
afterAll(async () => {
  await other?.close();
  await server?.close();
  packed?.remove();
});

/** Signed in, on another instance than the browser. */
async function openPhone() {
  const { api, auth } = sdk.client.createAuthCenter({ url: other.url });
  await auth.login({ email: user.email, password: user.password });
  const idOf = ({ url }: QrCode) => new URL(url).pathname.split('/').at(-1) ?? '';
  return {
    scan: (code: QrCode) => api.auth.qr.scan.mutate({ qr_id: idOf(code) }),
    confirm: (code: QrCode, number = code.number) => api.auth.qr.confirm.mutate({ qr_id: idOf(code), number }),
    reject: (code: QrCode) => api.auth.qr.reject.mutate({ qr_id: idOf(code) }),
  };
}

/** A browser that shows one code after the other. @param onCode - is done before the code is followed */
function openBrowser(onCode?: (count: number) => void) {
  const center: AuthCenter = sdk.client.createAuthCenter({ url: server.url });
  const codes: QrCode[] = [];
  const steps: string[] = [];
  const signedIn = sdk.qr.signInByQr(center, {
    onCode(code) {
      codes.push(code);
      onCode?.(codes.length);
    },
    onStatus: (status) => steps.push(status),
    device: { device_type: 'web', device_name: '会议室' },
  });
  signedIn.catch(() => {});
  const shown = async (count = 1): Promise<QrCode> => {
    await expect.poll(() => codes.length).toBeGreaterThanOrEqual(count);
    return codes[count - 1] ?? expect.fail('no code is shown');
  };
  return { center, steps, signedIn, shown, told: (status: string) => expect.poll(() => steps).toContain(status) };
}

test('by asking again and again, where there are no events', async () => {
  const phone = await openPhone();
  const { steps, signedIn, shown, told } = openBrowser();
  const code = await shown();
  await told('pending');
  await phone.scan(code);
  await phone.confirm(code);
  expect(await signedIn).toMatchObject({ status: 'ok', user: { id: user.id } });
  expect(steps).toEqual(['pending', 'confirmed']);
});

describe('by events', () => {
  beforeEach(() => {
    Object.defineProperty(globalThis, 'EventSource', { configurable: true, value: EventSource });
  });
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'EventSource');
  });

  test('scanned, the number chosen, signed in: as a session of its own, which the person sees', async () => {
    const phone = await openPhone();
    const { center, steps, signedIn, shown, told } = openBrowser();
    const code = await shown();
    expect(code.url).toMatch(new RegExp(`^${server.url}/qr/[\\w-]{22}$`));
    await told('pending');
    const { device, numbers } = await phone.scan(code);
    expect(device.device_name).toBe('会议室');
    expect(numbers).toContain(code.number);
    await told('scanned');
    expect(center.auth.user).toBeNull();
    await phone.confirm(code);
    expect(await signedIn).toMatchObject({ status: 'ok', user: { id: user.id } });
    expect(steps).toEqual(['pending', 'scanned', 'confirmed']);
    const { items } = await center.api.auth.sessions.list.query({});
    expect(items.find(({ current }) => current)).toMatchObject({
      auth_methods: ['qr', 'pwd'],
      device_info: { device_name: '会议室' },
    });
  });

  test('refused on the phone: nobody is signed in', async () => {
    const phone = await openPhone();
    const { center, signedIn, shown } = openBrowser();
    const code = await shown();
    await phone.scan(code);
    await phone.reject(code);
    await expect(signedIn).rejects.toMatchObject({ name: 'AuthCenterError', code: 'ACCESS_DENIED' });
    expect(center.auth.user).toBeNull();
  });

  test('the wrong number, as of a code that somebody else shows: nobody is signed in', async () => {
    const phone = await openPhone();
    const { signedIn, shown } = openBrowser();
    const code = await shown();
    await phone.scan(code);
    const wrong = code.number === 99 ? 98 : code.number + 1;
    await expect(phone.confirm(code, wrong)).rejects.toMatchObject({ code: 'INVALID_CODE' });
    await expect(signedIn).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });

  test('a code that was not used in time is replaced, and is good for nothing', async () => {
    const phone = await openPhone();
    const { steps, signedIn, shown } = openBrowser((count) => {
      if (count === 1) server.clock.advance(2 * 60_000 + 1_000);
    });
    const second = await shown(2);
    expect(steps[0]).toBe('expired');
    await expect(phone.scan(await shown(1))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await phone.scan(second);
    await phone.confirm(second);
    expect(await signedIn).toMatchObject({ status: 'ok', user: { id: user.id } });
  });
});
