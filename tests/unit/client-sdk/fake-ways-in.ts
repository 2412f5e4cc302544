// The fake server's ways in beside the password, and proving oneself again.
import { z } from 'zod';
import type { FakeSessions, Transport } from './fake-sessions.ts';
import { type Context, type Refusal, refuse, t } from './fake-trpc.ts';

/** Stands for a sign-in that waits for more; anybody can read it. */
const writeTicket = (username: string, transport: Transport): string => `${username} ${transport}`;
const readTicket = (token: string): [string, Transport] => {
  const [username = '', transport] = token.split(' ');
  return [username, transport === 'cookie' ? 'cookie' : 'body'];
};

/** What is answered in the place of a session, where `secret` says so. */
export function answerUnfinished(secret: string, username: string, transport: Transport) {
  const token = writeTicket(username, transport);
  const rest = { methods: ['totp'], expires_in: 300 };
  if (secret === 'mfa') return { status: 'mfa_required', mfa_token: token, ...rest };
  if (secret === 'setup') return { status: 'mfa_setup_required', setup_token: token, ...rest };
  if (secret === 'change') return { status: 'password_change_required', change_token: token, expires_in: 300 };
  return null;
}

export const BACKUP_CODES = ['aaaa-bbbb', 'cccc-dddd'];

const transport = { refresh_transport: z.enum(['body', 'cookie']).default('body') };

/** What the phone does, told in this order to whoever follows a sign-in by QR code. */
export type PhoneActs = (string | Refusal)[];

export function createWaysIn(
  called: typeof t.procedure,
  { open, readBearer, isProven, issueAccess }: FakeSessions,
  acts: PhoneActs,
) {
  const requireCode = (code: string): void => {
    if (code !== '123456') refuse({ code: 'INVALID_CODE' });
  };
  /** For whom a first factor has become active: who is signed in, or a sign-in that waited for it. */
  const activate = (ctx: Context, setupToken: string | undefined) => {
    if (setupToken === undefined) return readBearer(ctx) && { status: 'active', backup_codes: BACKUP_CODES };
    const [username, transport] = readTicket(setupToken);
    const unfinished = username === 'old.password' ? answerUnfinished('change', username, transport) : null;
    return { ...(unfinished ?? open(ctx, username, transport)), backup_codes: BACKUP_CODES };
  };
  const proven = called.use(({ ctx, next }) => {
    readBearer(ctx);
    return isProven(ctx) ? next() : refuse({ code: 'STEP_UP_REQUIRED' });
  });

  return {
    mfa: t.router({
      verify: called
        .input(z.object({ mfa_token: z.string(), method: z.string(), code: z.string() }))
        .mutation(({ ctx, input }) => {
          requireCode(input.code);
          return open(ctx, ...readTicket(input.mfa_token));
        }),
      activate: called
        .input(z.object({ code: z.string(), setup_token: z.string().optional() }))
        .mutation(({ ctx, input }) => {
          requireCode(input.code);
          return activate(ctx, input.setup_token);
        }),
    }),
    passkeys: t.router({
      register: called
        .input(z.object({ attestation: z.object({ id: z.string() }), setup_token: z.string().optional() }))
        .mutation(({ ctx, input }) => activate(ctx, input.setup_token)),
    }),
    qr: t.router({
      create: called.input(z.object({ device: z.unknown().optional() }).optional()).mutation(() => ({
        qr_id: 'id',
        qr_secret: 'right',
        qr_url: 'https://auth.example.com/qr/id',
        number: 42,
        expires_at: new Date(120_000),
      })),
      watch: called.input(z.object({ qr_id: z.string() })).subscription(async function* () {
        for (let act = acts.shift(); act !== undefined; act = acts.shift()) {
          if (typeof act !== 'string') refuse(act);
          yield { status: act };
          if (act === 'expired') return;
        }
      }),
      claim: called
        .input(z.object({ qr_id: z.string(), qr_secret: z.string(), ...transport }))
        .mutation(({ ctx, input }) =>
          input.qr_secret === 'right' ? open(ctx, 'li.lei', input.refresh_transport) : refuse({ code: 'INVALID_CODE' }),
        ),
    }),
    /** Whoever the code names; or what it says of a sign-in that is not finished. */
    token: called
      .input(
        z.strictObject({
          grant_type: z.literal('authorization_code'),
          code: z.string(),
          code_verifier: z.string(),
          client_id: z.string(),
          redirect_uri: z.string(),
          ...transport,
        }),
      )
      .mutation(
        ({ ctx, input: { code, refresh_transport: transport } }) =>
          answerUnfinished(code, 'li.lei', transport) ?? open(ctx, code, transport),
      ),
    oauth: t.router({
      link: proven
        .input(z.object({ provider: z.string(), client_id: z.string(), redirect_uri: z.string() }))
        .mutation(({ input }) => ({ url: `https://${input.provider}.example/authorize` })),
    }),
    contact: t.router({
      remove: proven.input(z.object({ contact: z.string() })).mutation(() => undefined),
    }),
    stepUp: called
      .input(z.object({ password: z.string().optional(), code: z.string().optional() }))
      .mutation(({ ctx, input: { password, code } }) => {
        const session = readBearer(ctx);
        if (password === '') refuse({ code: 'VALIDATION_FAILED', errors: [{ path: 'password', message: 'is empty' }] });
        if (password !== undefined && password !== 'right') refuse({ code: 'INVALID_CREDENTIALS' });
        if (code !== undefined) requireCode(code);
        session.proofs++;
        return issueAccess(session);
      }),
  };
}
