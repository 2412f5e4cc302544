// The one function that opens sessions, whatever the way in; lockout, status and second factor stand before it, audit and history are in its transaction.
import { randomUUID } from 'node:crypto';
import type { SessionWishes, SignedIn } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { UserDocument } from '../../users/document.ts';
import { sameCredentials } from '../../users/repository.ts';
import { keyOfDevice, noteDevice } from './devices.ts';
import { issueTokens } from './issue.ts';
import type { SessionDocument } from './repository.ts';

export interface SessionRequest {
  /** As read when the proof was looked at. */
  readonly user: UserDocument;
  /** How the holder proved who they are: `pwd`, `sms`, … (RFC 8176 where it has a name), in order. */
  readonly methods: readonly string[];
  readonly wishes: SessionWishes;
  readonly clientId?: string | null | undefined;
  /** The session that vouches for this one, which is no fresher and no longer than it. */
  readonly parent?: SessionDocument | undefined;
  /** First in the transaction: spends a code, makes the account. May refuse by throwing. */
  readonly before?: ((tx: Tx) => Promise<void>) | undefined;
  /** Last in the transaction. */
  readonly after?: (tx: Tx, sessionId: string) => Promise<void>;
}

/** What every way in needs, whatever else it does. */
export type OpenCtx = Ctx<
  | 'users'
  | 'sessions'
  | 'transact'
  | 'tokens'
  | 'live'
  | 'clock'
  | 'config'
  | 'publicUrl'
  | 'audit'
  | 'log'
  | 'metrics'
  | 'queueMessage'
  | 'hashIdentifier',
  Caller | null
>;

/**
 * A cookie's origin (`requireOwnOrigin`) is the way in's to check, before anything is looked at or written.
 *
 * @throws AppError ACCOUNT_DISABLED; INVALID_CREDENTIALS when password or factors were changed meanwhile; what `before` throws
 */
export async function openSession(ctx: OpenCtx, request: SessionRequest): Promise<SignedIn> {
  // The code would be spent, and nothing to show for it.
  await ctx.tokens.requireSigning();
  const now = ctx.clock.now();
  const session = newSession(ctx, request, now);
  const device = noteDevice(request.user, keyOfDevice(ctx, session), now);
  const user = await ctx.transact(async (tx) => {
    await request.before?.(tx);
    const signedIn = await ctx.users.update(
      request.user._id.toHexString(),
      // What was checked before must still hold when the session comes to be.
      { ...sameCredentials(request.user), deletion_due_at: (request.user.deletion_due_at ?? null) as Date },
      {
        $set: {
          'login_history.last_login_at': now,
          'login_history.last_ip': ctx.request.ip,
          'login_history.devices': [...device.devices],
        },
        $inc: { 'login_history.login_count': 1 },
        // Whoever comes back stays.
        ...(request.user.deletion_due_at ? { $unset: { deletion_due_at: '' as const } } : {}),
      },
      tx,
    );
    if (!signedIn) return refuseChanged(ctx, request.user, tx);
    await ctx.sessions.insert(session, tx);
    await recordSignIn(ctx, tx, request, session);
    if (device.isNew) await tellOfDevice(ctx, tx, signedIn, session);
    await request.after?.(tx, session._id.toHexString());
    return signedIn;
  });
  const [way = ''] = request.methods;
  ctx.metrics.signIns.inc({ way, outcome: 'ok' });
  ctx.log.auth.info(
    { user_id: user._id.toHexString(), way, ip: ctx.request.ip, request_id: ctx.request.id },
    'signed in',
  );
  return issueTokens(ctx, user, session);
}

async function recordSignIn(
  ctx: OpenCtx,
  tx: Tx,
  { user, methods }: SessionRequest,
  session: SessionDocument,
): Promise<void> {
  const [id, sid] = [user._id.toHexString(), session._id.toHexString()];
  const actor = { kind: 'user', id, sid } as const;
  await recordAct(ctx, tx, {
    act: 'auth.login',
    target: { kind: 'session', id: sid },
    actor,
    details: { method: methods[0], methods, client_id: session.client_id },
  });
  if (user.deletion_due_at)
    await recordAct(ctx, tx, { act: 'auth.account_deletion_called_off', target: { kind: 'user', id }, actor });
}

async function tellOfDevice(ctx: OpenCtx, tx: Tx, user: UserDocument, session: SessionDocument): Promise<void> {
  const { user_agent, ip, device_name } = session.device_info;
  ctx.metrics.securityEvents.inc({ type: 'new_device' });
  await ctx.queueMessage(
    {
      kind: 'notice',
      notice: 'new_device',
      user_id: user._id.toHexString(),
      locale: ctx.request.language(),
      details: { device: device_name ?? user_agent ?? '', ip: ip ?? '', at: session.created_at.toISOString() },
    },
    tx,
  );
}

/** Something was changed between the check of the proof and the session. */
async function refuseChanged(ctx: OpenCtx, { _id }: UserDocument, tx: Tx): Promise<never> {
  const user = await ctx.users.findById(_id.toHexString(), tx);
  return fail(user && user.status !== 'active' ? 'ACCOUNT_DISABLED' : 'INVALID_CREDENTIALS');
}

function newSession(
  ctx: OpenCtx,
  { user, methods, wishes, clientId, parent }: SessionRequest,
  now: Date,
): SessionDocument {
  const { device, refresh_transport: transport } = wishes;
  const ends = Math.min(now.getTime() + ctx.config.jwt.session_max_age, parent?.expires_at.getTime() ?? Infinity);
  return {
    _id: new ObjectId(),
    session_id: randomUUID(),
    rotated_at: now,
    auth_time: parent?.auth_time ?? now,
    kind: 'app',
    ...(parent ? { parent_id: parent._id } : {}),
    transport,
    user_id: user._id,
    device_info: {
      user_agent: ctx.request.userAgent,
      ip: ctx.request.ip,
      device_type: device?.device_type ?? (transport === 'cookie' ? 'web' : 'api'),
      device_name: device?.device_name ?? null,
    },
    auth_methods: [...methods],
    client_id: clientId ?? null,
    created_at: now,
    last_accessed_at: now,
    expires_at: new Date(ends),
    is_revoked: false,
  };
}
