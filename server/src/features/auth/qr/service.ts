// auth.qr: a browser shows a code, a signed-in phone scans and confirms it, the browser is signed in.
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type {
  ClaimQrInput,
  ConfirmQrInput,
  CreateQrInput,
  QrLogin,
  QrScan,
  QrStatus,
  SignInResult,
} from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Caller, Ctx, UserCaller } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { requireUnlocked } from '../lockout/service.ts';
import { requireOwnOrigin } from '../origin.ts';
import { proceed, type SignInCtx } from '../sign-in/proceed.ts';
import { accountKey } from '../sign-in/try.ts';
import { isFinal, QR_LIFE, tellStatus } from './policy.ts';
import type { QrLoginDocument } from './repository.ts';

type QrCtx = Ctx<'qrLogins' | 'clock', Caller | null>;
type PhoneCtx = Ctx<'qrLogins' | 'clock' | 'transact' | 'audit' | 'log', UserCaller>;

/** How long the database remembers how one ended, in ms. */
const REMEMBERED = 10 * 60_000;
/** Numbers that the phone offers. */
const CHOICES = 3;

export async function createQrLogin(
  ctx: QrCtx & Ctx<'hashLink' | 'publicUrl', Caller | null>,
  { device }: CreateQrInput,
): Promise<QrLogin> {
  const now = ctx.clock.now().getTime();
  const [id, secret] = [randomBytes(16).toString('base64url'), randomBytes(32).toString('base64url')];
  const numbers = chooseNumbers();
  const number = numbers[randomInt(CHOICES)] ?? 0;
  const expires_at = new Date(now + QR_LIFE);
  await ctx.qrLogins.insert({
    _id: id,
    secret_hash: ctx.hashLink(secret),
    number,
    numbers,
    status: 'pending',
    device_info: {
      user_agent: ctx.request.userAgent,
      device_name: device?.device_name ?? null,
      ip: ctx.request.ip,
    },
    created_at: new Date(now),
    expires_at,
    removed_at: new Date(now + QR_LIFE + REMEMBERED),
  });
  return { qr_id: id, qr_secret: secret, qr_url: new URL(`/qr/${id}`, ctx.publicUrl()).href, number, expires_at };
}

/** Different ones of two digits. */
function chooseNumbers(): number[] {
  const chosen = new Set<number>();
  while (chosen.size < CHOICES) chosen.add(randomInt(10, 100));
  return [...chosen];
}

const find = async (ctx: QrCtx, id: string): Promise<QrLoginDocument> =>
  (await ctx.qrLogins.find(id)) ?? fail('NOT_FOUND');

/** How long between two looks where no news comes, in ms: the change stream may stand still. */
const LOOK_AGAIN = 5_000;

/** The present state at once, then each new one, until it is final. @throws AppError NOT_FOUND */
export async function* watchQrLogin(
  ctx: QrCtx & Ctx<'qrSignals', Caller | null>,
  { qr_id }: { qr_id: string },
  signal: AbortSignal,
): AsyncGenerator<QrStatus, void> {
  const changes = ctx.qrSignals.watch(qr_id, signal);
  try {
    let told: QrStatus['status'] | null = null;
    while (!signal.aborted) {
      const login = await find(ctx, qr_id);
      const now = ctx.clock.now();
      const status = tellStatus(login, now);
      if (status !== told) yield { status };
      if (isFinal(status)) return;
      told = status;
      await changes.next(Math.min(LOOK_AGAIN, Math.max(1, login.expires_at.getTime() - now.getTime())));
    }
  } finally {
    changes.close();
  }
}

/** @throws AppError NOT_FOUND also for one that another phone has scanned, or that has expired */
export async function scanQrLogin(ctx: PhoneCtx, { qr_id }: { qr_id: string }): Promise<QrScan> {
  const scanned = await ctx.qrLogins.scan(qr_id, new ObjectId(ctx.caller.id), ctx.clock.now());
  if (!scanned) return fail('NOT_FOUND', { detail: 'This code has expired or was scanned by somebody else' });
  const { device_info: device, numbers, expires_at } = scanned;
  return { device, numbers, expires_at };
}

/**
 * The number ties the browser before the person's eyes to the code they have scanned: a code that somebody else shows them, from
 * a browser elsewhere, has another.
 *
 * @throws AppError INVALID_CODE for the wrong number, which ends it; NOT_FOUND for one that this person has not scanned, or is over
 */
export async function confirmQrLogin(ctx: PhoneCtx, { qr_id, number }: ConfirmQrInput): Promise<void> {
  const userId = new ObjectId(ctx.caller.id);
  const now = ctx.clock.now();
  const phone = { userId, sessionId: ctx.caller.sid, methods: ctx.caller.amr };
  const isRight = await ctx.transact(async (tx) => {
    if (await ctx.qrLogins.confirm(qr_id, number, phone, now, tx)) {
      await recordAct(ctx, tx, { act: 'auth.qr_confirmed', target: { kind: 'qr_login', id: qr_id } });
      return true;
    }
    const ended = await ctx.qrLogins.find(qr_id);
    if (ended?.status !== 'scanned' || !(await ctx.qrLogins.reject(qr_id, userId, now, tx))) return fail('NOT_FOUND');
    await recordAct(ctx, tx, {
      act: 'auth.qr_confirmed',
      outcome: 'failure',
      target: { kind: 'qr_login', id: qr_id },
      details: { reason: 'wrong number' },
    });
    return false;
  });
  if (!isRight) fail('INVALID_CODE', { detail: 'That is not the number shown in the browser; begin again there' });
}

/** @throws AppError NOT_FOUND for one that this person has not scanned, or is over */
export async function rejectQrLogin(ctx: PhoneCtx, { qr_id }: { qr_id: string }): Promise<void> {
  await ctx.transact(async (tx) => {
    const rejected = await ctx.qrLogins.reject(qr_id, new ObjectId(ctx.caller.id), ctx.clock.now(), tx);
    if (!rejected) fail('NOT_FOUND');
    await recordAct(ctx, tx, { act: 'auth.qr_rejected', target: { kind: 'qr_login', id: qr_id } });
  });
}

/** Mark of a session that a phone has vouched for. */
const QR = 'qr';

/**
 * @throws AppError INVALID_CODE alike for an unknown id, a wrong secret, one that is not confirmed, or was claimed; ACCOUNT_LOCKED,
 *   ACCOUNT_DISABLED; ORIGIN_REFUSED
 */
export async function claimQrLogin(
  ctx: SignInCtx & Ctx<'qrLogins', Caller | null>,
  input: ClaimQrInput,
): Promise<SignInResult> {
  if (input.refresh_transport === 'cookie') requireOwnOrigin(ctx);
  const login = await ctx.qrLogins.find(input.qr_id);
  const isOurs = login !== null && isSame(login.secret_hash, ctx.hashLink(input.qr_secret));
  if (!isOurs || login.status !== 'confirmed' || !login.user_id || !login.session_id) return fail('INVALID_CODE');
  const [user, phone] = await Promise.all([
    ctx.users.findById(login.user_id.toHexString()),
    ctx.sessions.findById(login.session_id),
  ]);
  // Whoever signed the phone out meanwhile did not want this either.
  if (!user || !phone || phone.is_revoked) return fail('INVALID_CODE');
  const attempt = await requireUnlocked(ctx, accountKey(user._id.toHexString()));
  return proceed(ctx, {
    user,
    // What the phone has shown counts for the browser as well, a second factor among it.
    methods: [QR, ...(login.methods ?? []).filter((method) => method !== QR)],
    wishes: input,
    clientId: phone.client_id,
    parent: phone,
    attempt,
    async before(tx) {
      if (!(await ctx.qrLogins.claim(input.qr_id, ctx.clock.now(), tx))) fail('INVALID_CODE');
    },
  });
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
