// The one function that opens sessions, whatever the way in; lockout, status and verification stand before it, audit and history are in its transaction.
import { randomUUID } from 'node:crypto';
import type { Device, SignedIn } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { z } from 'zod';
import type { Caller, Ctx } from '../../../context.ts';
import type { Tx } from '../../../database/transaction.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import type { UserDocument } from '../../users/repository.ts';
import { issueTokens } from './issue.ts';
import type { SessionDocument } from './repository.ts';

export interface SessionRequest {
  readonly user: UserDocument;
  /** How the holder proved who they are: `pwd`, `otp`, … (RFC 8176 where it has a name). */
  readonly method: string;
  readonly device?: z.output<typeof Device> | undefined;
  readonly transport: 'body' | 'cookie';
  /** What else belongs into the same transaction; may refuse by throwing. */
  readonly alongside?: (tx: Tx) => Promise<void>;
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
  | 'metrics',
  Caller | null
>;

/**
 * A cookie's origin (`requireOwnOrigin`) is the way in's to check, before anything is looked at or written.
 *
 * @throws AppError ACCOUNT_DISABLED; INVALID_CREDENTIALS when the password was changed meanwhile
 */
export async function openSession(ctx: OpenCtx, request: SessionRequest): Promise<SignedIn> {
  const now = ctx.clock.now();
  const session = newSession(ctx, request, now);
  const user = await ctx.transact(async (tx) => {
    const signedIn = await ctx.users.update(
      request.user._id.toHexString(),
      // What was checked before must still hold when the session comes to be.
      { status: 'active', 'security.password_changed_at': request.user.security.password_changed_at },
      {
        $set: { 'login_history.last_login_at': now, 'login_history.last_ip': ctx.request.ip },
        $inc: { 'login_history.login_count': 1 },
      },
      tx,
    );
    if (!signedIn) return refuseChanged(ctx, request.user, tx);
    await ctx.sessions.insert(session, tx);
    await request.alongside?.(tx);
    await recordAct(ctx, tx, {
      act: 'auth.login',
      target: { kind: 'session', id: session._id.toHexString() },
      actor: { kind: 'user', id: signedIn._id.toHexString(), sid: session._id.toHexString() },
      details: { method: request.method },
    });
    return signedIn;
  });
  ctx.metrics.signIns.inc({ way: request.method, outcome: 'ok' });
  ctx.log.auth.info(
    { user_id: user._id.toHexString(), way: request.method, ip: ctx.request.ip, request_id: ctx.request.id },
    'signed in',
  );
  return issueTokens(ctx, user, session);
}

/** Something was changed between the check of the password and the session. */
async function refuseChanged(ctx: OpenCtx, { _id }: UserDocument, tx: Tx): Promise<never> {
  const user = await ctx.users.findById(_id.toHexString(), tx);
  return fail(user && user.status !== 'active' ? 'ACCOUNT_DISABLED' : 'INVALID_CREDENTIALS');
}

function newSession(ctx: OpenCtx, { user, method, device, transport }: SessionRequest, now: Date): SessionDocument {
  return {
    _id: new ObjectId(),
    session_id: randomUUID(),
    rotated_at: now,
    auth_time: now,
    kind: 'app',
    transport,
    user_id: user._id,
    device_info: {
      user_agent: ctx.request.userAgent,
      ip: ctx.request.ip,
      device_type: device?.device_type ?? (transport === 'cookie' ? 'web' : 'api'),
      device_name: device?.device_name ?? null,
    },
    auth_methods: [method],
    client_id: null,
    created_at: now,
    last_accessed_at: now,
    expires_at: new Date(now.getTime() + ctx.config.jwt.session_max_age),
    is_revoked: false,
  };
}
