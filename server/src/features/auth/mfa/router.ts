// auth.mfa: second factors, and finishing a sign-in by one.
import {
  ActivateMfaInput,
  BackupCodes,
  DisableMfaInput,
  EnrollMfaInput,
  FactorActivated,
  MfaEnrollment,
  SignInResult,
  VerifyMfaInput,
} from '@authcenter/shared';
import { z } from 'zod';
import { ticket } from '../../../access.ts';
import { endpoint, NoInput, router } from '../../../procedure.ts';
import { activateTotp, disableTotp, enrollTotp, renewBackupCodes } from './service.ts';
import { verifyMfa } from './verify.ts';

export const mfaRouter = router({
  enroll: endpoint({
    access: ['session', ticket('setup_token')],
    rest: 'POST /auth/mfa/enroll',
    summary: 'Begin with an authenticator app: its secret, as text and for a QR code',
    errors: ['INVALID_CODE', 'EMAIL_NOT_VERIFIED', 'NOT_FOUND', 'ORIGIN_REFUSED'],
    limit: 'login',
    stepUp: true,
  })
    .input(EnrollMfaInput)
    .output(MfaEnrollment)
    .mutation(({ ctx, input }) => enrollTotp(ctx, input)),

  activate: endpoint({
    access: ['session', ticket('setup_token')],
    rest: 'POST /auth/mfa/activate',
    summary: 'Prove the authenticator app by a first code; the first factor brings ten backup codes',
    errors: ['INVALID_CODE', 'ACCOUNT_LOCKED', 'ACCOUNT_DISABLED', 'EMAIL_NOT_VERIFIED', 'NOT_FOUND', 'ORIGIN_REFUSED'],
    limit: 'login',
    stepUp: true,
  })
    .input(ActivateMfaInput)
    .output(FactorActivated)
    .mutation(({ ctx, input }) => activateTotp(ctx, input)),

  verify: endpoint({
    access: 'public',
    rest: 'POST /auth/mfa/verify',
    summary: 'Finish a sign-in that answered mfa_required',
    errors: ['INVALID_CODE', 'INVALID_CREDENTIALS', 'ACCOUNT_LOCKED', 'ACCOUNT_DISABLED', 'ORIGIN_REFUSED'],
    limit: 'login',
  })
    .input(VerifyMfaInput)
    .output(SignInResult)
    .mutation(({ ctx, input }) => verifyMfa(ctx, input)),

  disable: endpoint({
    access: 'session',
    rest: 'POST /auth/mfa/disable',
    summary: 'Give up the authenticator app',
    errors: ['NOT_FOUND', 'LAST_CREDENTIAL', 'INVALID_CODE'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(DisableMfaInput)
    .output(z.void())
    .mutation(({ ctx, input }) => disableTotp(ctx, input)),

  backupCodes: endpoint({
    access: 'session',
    rest: 'POST /auth/mfa/backup-codes',
    summary: 'Make ten new backup codes; those before are void',
    errors: ['NOT_FOUND', 'INVALID_CODE'],
    limit: 'write',
    stepUp: true,
    status: 201,
  })
    .input(NoInput)
    .output(BackupCodes)
    .mutation(({ ctx }) => renewBackupCodes(ctx)),
});
