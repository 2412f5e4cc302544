// What may be asked about signing in, sessions and tokens, and by whom.
import {
  ListSessionsInput,
  LoginInput,
  LogoutInput,
  RefreshInput,
  RegisterInput,
  RegisterResult,
  ResendEmailInput,
  SessionIdInput,
  SessionPage,
  SessionUser,
  SignedIn,
  VerifyEmailInput,
  VerifyEmailResult,
  VerifyTokenInput,
  VerifyTokenResult,
} from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, NoInput, router } from '../../procedure.ts';
import { resendVerification, verifyEmail } from './email/service.ts';
import { login } from './password/login.ts';
import { register } from './register.ts';
import { logout, logoutAll, revokeSession } from './sessions/end.ts';
import { listSessions } from './sessions/list.ts';
import { refreshSession } from './sessions/refresh.ts';
import { readMe, verifyToken } from './tokens.ts';

export const authRouter = router({
  register: endpoint({
    access: 'public',
    rest: 'POST /auth/register',
    summary: 'Register with user name, e-mail and password',
    errors: ['ALREADY_EXISTS', 'ORIGIN_REFUSED', 'OVERLOADED'],
    limit: 'register',
    status: 201,
  })
    .input(RegisterInput)
    .output(RegisterResult)
    .mutation(({ ctx, input }) => register(ctx, input)),

  login: endpoint({
    access: 'public',
    rest: 'POST /auth/login',
    summary: 'Sign in with e-mail or user name and password',
    errors: [
      'INVALID_CREDENTIALS',
      'ACCOUNT_LOCKED',
      'ACCOUNT_DISABLED',
      'EMAIL_NOT_VERIFIED',
      'ORIGIN_REFUSED',
      'OVERLOADED',
    ],
    limit: 'login',
  })
    .input(LoginInput)
    .output(SignedIn)
    .mutation(({ ctx, input }) => login(ctx, input)),

  refresh: endpoint({
    access: 'public',
    rest: 'POST /auth/refresh',
    summary: 'Exchange a refresh token for the next pair',
    errors: ['UNAUTHENTICATED', 'SESSION_REVOKED', 'ORIGIN_REFUSED'],
    limit: 'refresh',
  })
    .input(RefreshInput.optional())
    .output(SignedIn)
    .mutation(({ ctx, input }) => refreshSession(ctx, input ?? {})),

  logout: endpoint({
    access: 'public',
    rest: 'POST /auth/logout',
    summary: 'End the session of the token presented',
    errors: ['ORIGIN_REFUSED'],
    limit: 'write',
    status: 204,
  })
    .input(LogoutInput.optional())
    .output(z.void())
    .mutation(({ ctx, input }) => logout(ctx, input ?? {})),

  logoutAll: endpoint({
    access: 'session',
    rest: 'POST /auth/logout-all',
    summary: 'End all of one’s own sessions',
    limit: 'write',
    status: 204,
  })
    .input(NoInput)
    .output(z.void())
    .mutation(({ ctx }) => logoutAll(ctx)),

  verify: endpoint({
    access: 'public',
    rest: 'POST /auth/verify',
    summary: 'Ask what an access token is worth, and what it allows',
    limit: 'verify',
  })
    .input(VerifyTokenInput)
    .output(VerifyTokenResult)
    .mutation(({ ctx, input }) => verifyToken(ctx, input)),

  me: endpoint({
    access: 'session',
    rest: 'GET /auth/me',
    summary: 'Read oneself',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(NoInput)
    .output(SessionUser)
    .query(({ ctx }) => readMe(ctx)),

  email: router({
    verify: endpoint({
      access: 'public',
      rest: 'POST /auth/email/verify',
      summary: 'Prove an e-mail address by the link mailed to it',
      errors: ['INVALID_CODE'],
      limit: 'login',
    })
      .input(VerifyEmailInput)
      .output(VerifyEmailResult)
      .mutation(({ ctx, input }) => verifyEmail(ctx, input)),

    resend: endpoint({
      access: 'public',
      rest: 'POST /auth/email/resend',
      summary: 'Send the verification mail again',
      limit: 'send',
      status: 202,
    })
      .input(ResendEmailInput)
      .output(z.void())
      .mutation(({ ctx, input }) => resendVerification(ctx, input)),
  }),

  sessions: router({
    list: endpoint({ access: 'session', rest: 'GET /auth/sessions', summary: 'List one’s own sessions', limit: 'read' })
      .input(ListSessionsInput)
      .output(SessionPage)
      .query(({ ctx, input }) => listSessions(ctx, input)),

    revoke: endpoint({
      access: 'session',
      rest: 'DELETE /auth/sessions/{id}',
      summary: 'End one of one’s own sessions',
      errors: ['NOT_FOUND'],
      limit: 'write',
      status: 204,
    })
      .input(SessionIdInput)
      .output(z.void())
      .mutation(({ ctx, input }) => revokeSession(ctx, input)),
  }),
});
