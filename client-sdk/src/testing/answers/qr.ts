// auth.qr: a browser shows a code, a signed-in phone scans and confirms it, the browser is signed in.

import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { callingUser } from '../people/calling-user.ts';
import { newNumber, newSecret } from '../random.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { QR_LIFE, tellStatus } from '../sign-in/qr.ts';
import { requireOwnOrigin } from '../sign-in/sessions.ts';
import { proceed, requireUnlocked } from '../sign-in/sign-in.ts';
import type { World } from '../world.ts';

export const qrAnswers = {
  'auth.qr.create': (world, { device }, call) => {
    const [qr_id, secret] = [newSecret(16), newSecret()];
    const numbers = new Set<number>();
    while (numbers.size < 3) numbers.add(newNumber(10, 100));
    const number = [...numbers][newNumber(0, 3)] ?? 10;
    const expires_at = new Date(world.clock.now().getTime() + QR_LIFE);
    const seen = { user_agent: call.userAgent, device_name: device?.device_name ?? null, ip: '127.0.0.1' };
    const scan = { device: seen, numbers: [...numbers], expires_at };
    world.qrLogins.set(qr_id, { secret, number, scan, status: 'pending', phone: null });
    return { qr_id, qr_secret: secret, qr_url: `${world.url}/qr/${qr_id}`, number, expires_at };
  },

  async *'auth.qr.watch'(world, { qr_id }, { signal }) {
    let told: string | null = null;
    while (!signal.aborted) {
      const since = world.qrSignals.count;
      const status = tellStatus(world.qrLogins.get(qr_id) ?? refuse('NOT_FOUND'), world.clock.now());
      if (status !== told) yield { status };
      if (status === 'claimed' || status === 'rejected' || status === 'expired') return;
      told = status;
      await world.qrSignals.next(since, 1_000, signal);
    }
  },

  'auth.qr.scan': (world, { qr_id }, call) => {
    const { id, sid, amr } = callingUser(call);
    const login = world.qrLogins.get(qr_id);
    const isFree = login?.status === 'pending' || (login?.status === 'scanned' && login.phone?.userId === id);
    if (!login || !isFree || tellStatus(login, world.clock.now()) === 'expired')
      return refuse('NOT_FOUND', { detail: 'This code has expired or was scanned by somebody else' });
    login.status = 'scanned';
    login.phone = { userId: id, sid, methods: amr };
    world.qrSignals.emit();
    return login.scan;
  },

  'auth.qr.confirm': (world, { qr_id, number }, call) => {
    const login = findScanned(world, qr_id, call);
    login.status = number === login.number ? 'confirmed' : 'rejected';
    world.qrSignals.emit();
    const isRight = login.status === 'confirmed';
    recordAct(world, call, {
      act: 'auth.qr_confirmed',
      target: { kind: 'qr_login', id: qr_id },
      ...(isRight ? {} : { outcome: 'failure', details: { reason: 'wrong number' } }),
    });
    if (!isRight) refuse('INVALID_CODE', { detail: 'That is not the number shown in the browser; begin again there' });
  },

  'auth.qr.reject': (world, { qr_id }, call) => {
    findScanned(world, qr_id, call).status = 'rejected';
    world.qrSignals.emit();
    recordAct(world, call, { act: 'auth.qr_rejected', target: { kind: 'qr_login', id: qr_id } });
  },

  'auth.qr.claim': (world, input, call) => {
    if (input.refresh_transport === 'cookie') requireOwnOrigin(world, call);
    const login = world.qrLogins.get(input.qr_id);
    const user = world.users.get(login?.phone?.userId ?? '');
    const parent = world.sessions.get(login?.phone?.sid ?? '');
    const isOurs = login?.secret === input.qr_secret && tellStatus(login, world.clock.now()) === 'confirmed';
    if (!isOurs || !user || !parent || parent.revoked_at) return refuse('INVALID_CODE');
    requireUnlocked(world, user.id);
    login.status = 'claimed';
    world.qrSignals.emit();
    // What the phone has shown counts for the browser as well.
    const methods = ['qr', ...(login.phone?.methods ?? []).filter((method) => method !== 'qr')];
    return proceed(world, call, { user, methods, wishes: input, clientId: parent.client_id, parent });
  },
} satisfies Answers;

function findScanned(world: World, id: string, call: Call) {
  const login = world.qrLogins.get(id);
  const isTheirs = login?.status === 'scanned' && login.phone?.userId === callingUser(call).id;
  return login && isTheirs && tellStatus(login, world.clock.now()) !== 'expired' ? login : refuse('NOT_FOUND');
}
