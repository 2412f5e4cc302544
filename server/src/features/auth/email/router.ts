// auth.email: proving an e-mail address.
import { ResendEmailInput, VerifyEmailInput, VerifyEmailResult } from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, router } from '../../../procedure.ts';
import { resendVerification, verifyEmail } from './service.ts';

export const emailRouter = router({
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
    errors: ['CAPTCHA_REQUIRED'],
    limit: 'send',
    status: 202,
  })
    .input(ResendEmailInput)
    .output(z.void())
    .mutation(({ ctx, input }) => resendVerification(ctx, input)),
});
