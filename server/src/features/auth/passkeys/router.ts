// auth.passkeys: WebAuthn, as a factor and as the only way in.
import {
  FactorActivated,
  PasskeyCreationOptions,
  PasskeyIdInput,
  PasskeyList,
  PasskeyLoginOptionsInput,
  PasskeyRegisterOptionsInput,
  PasskeyRequestOptions,
  RegisterPasskeyInput,
} from '@authcenter/shared';
import { z } from 'zod';
import { BEARER_ERRORS, ticket } from '../../../access.ts';
import { endpoint, NoInput, router } from '../../../procedure.ts';
import { readLoginOptions, readRegisterOptions } from './options.ts';
import { listPasskeys, registerPasskey, removePasskey } from './service.ts';

export const passkeysRouter = router({
  registerOptions: endpoint({
    access: ['session', ticket('setup_token')],
    rest: 'POST /auth/passkeys/register-options',
    summary: 'Ask what a browser is to make a passkey with',
    errors: ['INVALID_CODE', 'EMAIL_NOT_VERIFIED', 'NOT_FOUND', 'ORIGIN_REFUSED'],
    limit: 'login',
    stepUp: true,
  })
    .input(PasskeyRegisterOptionsInput)
    .output(PasskeyCreationOptions)
    .mutation(({ ctx, input }) => readRegisterOptions(ctx, input)),

  register: endpoint({
    access: ['session', ticket('setup_token')],
    rest: 'POST /auth/passkeys',
    summary: 'Make a passkey known; the first factor brings ten backup codes',
    errors: [
      'INVALID_CODE',
      'ALREADY_EXISTS',
      'ACCOUNT_LOCKED',
      'ACCOUNT_DISABLED',
      'EMAIL_NOT_VERIFIED',
      'NOT_FOUND',
      'ORIGIN_REFUSED',
    ],
    limit: 'login',
    stepUp: true,
    status: 201,
  })
    .input(RegisterPasskeyInput)
    .output(FactorActivated)
    .mutation(({ ctx, input }) => registerPasskey(ctx, input)),

  list: endpoint({ access: 'session', rest: 'GET /auth/passkeys', summary: 'List one’s own passkeys', limit: 'read' })
    .input(NoInput)
    .output(PasskeyList)
    .query(({ ctx }) => listPasskeys(ctx)),

  remove: endpoint({
    access: 'session',
    rest: 'DELETE /auth/passkeys/{id}',
    summary: 'Remove one of one’s own passkeys',
    errors: ['NOT_FOUND', 'LAST_CREDENTIAL', 'INVALID_CODE'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(PasskeyIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => removePasskey(ctx, input)),

  loginOptions: endpoint({
    access: 'public',
    rest: 'POST /auth/passkeys/login-options',
    summary: 'Ask what a browser is to sign with a passkey',
    errors: ['INVALID_CODE', ...BEARER_ERRORS, 'ORIGIN_REFUSED'],
    limit: 'login',
  })
    .input(PasskeyLoginOptionsInput)
    .output(PasskeyRequestOptions)
    .mutation(({ ctx, input }) => readLoginOptions(ctx, input)),
});
