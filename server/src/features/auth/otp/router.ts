// auth.otp: one-time codes by text message and mail.
import { SendCodeInput, SentCode } from '@authcenter/shared';
import { BEARER_ERRORS } from '../../../access.ts';
import { endpoint, router } from '../../../procedure.ts';
import { sendCode } from './send.ts';

export const otpRouter = router({
  send: endpoint({
    access: 'public',
    rest: 'POST /auth/otp',
    summary: 'Send a one-time code to a phone or a mailbox',
    errors: [...BEARER_ERRORS, 'CAPTCHA_REQUIRED'],
    limit: 'send',
    status: 202,
  })
    .input(SendCodeInput)
    .output(SentCode)
    .mutation(({ ctx, input }) => sendCode(ctx, input)),
});
