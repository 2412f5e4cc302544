// auth.qr: signing a browser in by a phone.
import {
  ClaimQrInput,
  ConfirmQrInput,
  CreateQrInput,
  QrIdInput,
  QrLogin,
  QrScan,
  QrStatus,
  SignInResult,
} from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, router, streamOf } from '../../../procedure.ts';
import { claimQrLogin, confirmQrLogin, createQrLogin, rejectQrLogin, scanQrLogin, watchQrLogin } from './service.ts';

export const qrRouter = router({
  create: endpoint({
    access: 'public',
    rest: 'POST /auth/qr',
    summary: 'Begin a sign-in by QR code, in the browser that shows it',
    limit: 'login',
    status: 201,
  })
    .input(CreateQrInput)
    .output(QrLogin)
    .mutation(({ ctx, input }) => createQrLogin(ctx, input)),

  watch: endpoint({
    access: 'public',
    rest: 'GET /auth/qr/{qr_id}',
    summary: 'Follow a sign-in by QR code, as events or by asking again',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(QrIdInput)
    .output(streamOf(QrStatus))
    .subscription(({ ctx, input, signal }) => watchQrLogin(ctx, input, signal ?? ctx.request.signal())),

  claim: endpoint({
    access: 'public',
    rest: 'POST /auth/qr/{qr_id}/claim',
    summary: 'Take the session that the phone has confirmed, once',
    errors: ['INVALID_CODE', 'INVALID_CREDENTIALS', 'ACCOUNT_LOCKED', 'ACCOUNT_DISABLED', 'ORIGIN_REFUSED'],
    limit: 'login',
  })
    .input(ClaimQrInput)
    .output(SignInResult)
    .mutation(({ ctx, input }) => claimQrLogin(ctx, input)),

  scan: endpoint({
    access: 'session',
    rest: 'POST /auth/qr/{qr_id}/scan',
    summary: 'Say that one’s phone has scanned the code; learn which browser shows it',
    errors: ['NOT_FOUND'],
    limit: 'login',
  })
    .input(QrIdInput)
    .output(QrScan)
    .mutation(({ ctx, input }) => scanQrLogin(ctx, input)),

  confirm: endpoint({
    access: 'session',
    rest: 'POST /auth/qr/{qr_id}/confirm',
    summary: 'Sign that browser in, by the number it shows',
    errors: ['NOT_FOUND', 'INVALID_CODE'],
    limit: 'login',
    status: 204,
  })
    .input(ConfirmQrInput)
    .output(z.void())
    .mutation(({ ctx, input }) => confirmQrLogin(ctx, input)),

  reject: endpoint({
    access: 'session',
    rest: 'POST /auth/qr/{qr_id}/reject',
    summary: 'Refuse to sign that browser in',
    errors: ['NOT_FOUND'],
    limit: 'login',
    status: 204,
  })
    .input(QrIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => rejectQrLogin(ctx, input)),
});
