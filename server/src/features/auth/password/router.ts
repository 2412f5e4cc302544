// auth.password: forgotten, reset, changed.
import { ChangePasswordInput, ForgotPasswordInput, ResetPasswordInput } from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, router } from '../../../procedure.ts';
import { changePassword } from './change.ts';
import { forgetPassword } from './forgot.ts';
import { resetPassword } from './reset.ts';

export const passwordRouter = router({
  forgot: endpoint({
    access: 'public',
    rest: 'POST /auth/password/forgot',
    summary: 'Send a link by mail, or a code by text message, to choose a new password',
    errors: ['CAPTCHA_REQUIRED'],
    limit: 'send',
    status: 202,
  })
    .input(ForgotPasswordInput)
    .output(z.void())
    .mutation(({ ctx, input }) => forgetPassword(ctx, input)),

  reset: endpoint({
    access: 'public',
    rest: 'POST /auth/password/reset',
    summary: 'Choose a new password by a link, a code or a change_token; ends all sessions',
    errors: ['INVALID_CODE', 'INVALID_CREDENTIALS', 'ACCOUNT_DISABLED', 'ORIGIN_REFUSED', 'OVERLOADED'],
    limit: 'login',
    status: 204,
  })
    .input(ResetPasswordInput)
    .output(z.void())
    .mutation(({ ctx, input }) => resetPassword(ctx, input)),

  change: endpoint({
    access: 'session',
    rest: 'POST /auth/password/change',
    summary: 'Change one’s password, by the old one or after a fresh proof; ends all other sessions',
    errors: ['INVALID_CREDENTIALS', 'ACCOUNT_LOCKED', 'STEP_UP_REQUIRED', 'NOT_FOUND', 'OVERLOADED'],
    limit: 'login',
    status: 204,
  })
    .input(ChangePasswordInput)
    .output(z.void())
    .mutation(({ ctx, input }) => changePassword(ctx, input)),
});
