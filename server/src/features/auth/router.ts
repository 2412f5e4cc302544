// What may be asked about signing in, sessions and tokens, and by whom.
import {
  Forwarded,
  ForwardInput,
  LoginInput,
  LogoutInput,
  RefreshInput,
  RegisterInput,
  RegisterResult,
  SessionUser,
  SignedIn,
  SignInResult,
  SteppedUp,
  StepUpInput,
  VerifyTokenInput,
  VerifyTokenResult,
} from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, NoInput, router } from '../../procedure.ts';
import { accountRouter, contactRouter } from './account/router.ts';
import { apiKeysRouter } from './api-keys/router.ts';
import { emailRouter } from './email/router.ts';
import { forward } from './forward.ts';
import { login } from './login.ts';
import { mfaRouter } from './mfa/router.ts';
import { oauthRouter } from './oauth/router.ts';
import { otpRouter } from './otp/router.ts';
import { passkeysRouter } from './passkeys/router.ts';
import { passwordRouter } from './password/router.ts';
import { qrRouter } from './qr/router.ts';
import { register } from './register.ts';
import { revocationsProcedure } from './revocations/router.ts';
import { logout, logoutAll } from './sessions/end.ts';
import { refreshSession } from './sessions/refresh.ts';
import { sessionsRouter } from './sessions/router.ts';
import { stepUp } from './step-up.ts';
import { tokenProcedure } from './token/router.ts';
import { readMe, verifyToken } from './tokens.ts';

export const authRouter = router({
  register: endpoint({
    access: 'public',
    rest: 'POST /auth/register',
    summary: 'Register with user name, e-mail and password, or with a phone number and a code',
    errors: [
      'ALREADY_EXISTS',
      'INVALID_CODE',
      'ACCOUNT_LOCKED',
      'ACCOUNT_DISABLED',
      'INVALID_CREDENTIALS',
      'CAPTCHA_REQUIRED',
      'ORIGIN_REFUSED',
      'OVERLOADED',
    ],
    limit: 'register',
    status: 201,
  })
    .input(RegisterInput)
    .output(RegisterResult)
    .mutation(({ ctx, input }) => register(ctx, input)),

  login: endpoint({
    access: 'public',
    rest: 'POST /auth/login',
    summary: 'Sign in: by password, by a code, by the link of a mail, by a passkey',
    errors: [
      'INVALID_CREDENTIALS',
      'INVALID_CODE',
      'ACCOUNT_LOCKED',
      'ACCOUNT_DISABLED',
      'EMAIL_NOT_VERIFIED',
      'ORIGIN_REFUSED',
      'OVERLOADED',
    ],
    limit: 'login',
  })
    .input(LoginInput)
    .output(SignInResult)
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

  stepUp: endpoint({
    access: 'session',
    rest: 'POST /auth/step-up',
    summary: 'Prove again who one is, for what demands a fresh proof',
    errors: ['INVALID_CREDENTIALS', 'INVALID_CODE', 'ACCOUNT_LOCKED', 'NOT_FOUND', 'OVERLOADED'],
    limit: 'login',
  })
    .input(StepUpInput)
    .output(SteppedUp)
    .mutation(({ ctx, input }) => stepUp(ctx, input)),

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
    access: ['session', 'api_key'],
    rest: 'GET /auth/me',
    summary: 'Read oneself; by an API key its owner, with the rights of the key',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(NoInput)
    .output(SessionUser)
    .query(({ ctx }) => readMe(ctx)),

  forward: endpoint({
    access: ['session', 'api_key', 'client'],
    rest: 'GET /auth/forward',
    summary: 'Tell a gateway who calls, and whether they may: in the headers X-Auth-User-Id and X-Auth-Roles',
    limit: 'verify',
  })
    .input(ForwardInput.prefault({}))
    .output(Forwarded)
    .query(({ ctx, input }) => forward(ctx, input)),

  token: tokenProcedure,

  otp: otpRouter,
  email: emailRouter,
  password: passwordRouter,
  mfa: mfaRouter,
  passkeys: passkeysRouter,
  oauth: oauthRouter,
  qr: qrRouter,
  contact: contactRouter,
  account: accountRouter,
  apiKeys: apiKeysRouter,
  sessions: sessionsRouter,
  revocations: revocationsProcedure,
});
