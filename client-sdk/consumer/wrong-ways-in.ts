// What an application must not be able to write to sign people in: each line is refused by the compiler, or this file does not compile.
import { createAuthCenter } from '@authcenter/client';
import { loginWithPasskey, proveByPasskey, registerPasskey } from '@authcenter/client/passkeys';
import { type QrSignInStatus, renderQr, signInByQr } from '@authcenter/client/qr';

const center = createAuthCenter({ url: 'https://auth.example.com' });
const { api, auth } = center;

// What is asked
// @ts-expect-error a code that is a number
await auth.login({ phone: '13800138000', code: 123456 });
// @ts-expect-error a code for a user name
await auth.login({ username: 'li.lei', code: '123456' });
// @ts-expect-error nothing at all
await auth.login({});
// @ts-expect-error a purpose that there is not
await api.auth.otp.send.mutate({ phone: '13800138000', purpose: 'fun' });
// @ts-expect-error a method that there is not
await auth.verifyMfa({ mfa_token: 'x', method: 'sms', code: '123456' });
// @ts-expect-error a code where a passkey answers
await auth.verifyMfa({ mfa_token: 'x', method: 'passkey', code: '123456' });
// @ts-expect-error no code
await auth.verifyMfa({ mfa_token: 'x', method: 'totp' });
// @ts-expect-error no token
await auth.verifyMfa({ method: 'totp', code: '123456' });
// @ts-expect-error no code
await auth.activateMfa({});
// @ts-expect-error no attestation
await auth.addPasskey({ label: 'My laptop' });
// @ts-expect-error no secret
await auth.claimQr({ qr_id: 'x' });
// @ts-expect-error the storage decides how the refresh token travels
await auth.claimQr({ qr_id: 'x', qr_secret: 'y', refresh_transport: 'cookie' });
// @ts-expect-error no proof
await auth.stepUp({});
// @ts-expect-error a proof that is a text
await auth.stepUp('secret');
// @ts-expect-error no client
await auth.signInWithRedirect({ provider: 'wechat', redirectUri: 'https://app.example.com/callback' });
// @ts-expect-error a field as the wire has it
await auth.linkWithRedirect({ provider: 'wechat', client_id: 'x', redirectUri: 'https://app.example.com/callback' });
// @ts-expect-error a question that is answered with a text
createAuthCenter({ url: 'https://auth.example.com', onStepUp: async () => 'secret' });
// @ts-expect-error a question that is not waited for
createAuthCenter({ url: 'https://auth.example.com', onStepUp: () => ({ password: 'secret' }) });
// @ts-expect-error a label that is none
await registerPasskey(center, { label: 7 });
// @ts-expect-error the session alone
await loginWithPasskey(auth);
// @ts-expect-error nobody
await proveByPasskey();
// @ts-expect-error nowhere to show the code
await signInByQr(center, {});
// @ts-expect-error bytes
renderQr(new Uint8Array(4));
// @ts-expect-error a status that there is not
const status: QrSignInStatus = 'done';

// What is answered
const result = await auth.login({ phone: '13800138000', code: '123456' });
// @ts-expect-error who knows whether anybody is signed in
result.user;
// @ts-expect-error nor whether more is asked
result.mfa_token;
if (result.status === 'mfa_required') {
  // @ts-expect-error not yet
  result.user;
  // @ts-expect-error of another answer
  result.setup_token;
}
if (result.status === 'ok') {
  // @ts-expect-error tokens stay with the SDK
  result.refresh_token;
  // @ts-expect-error nothing more is asked
  result.methods;
}
// @ts-expect-error an answer that there is not
result.status === 'locked';
const returned = await auth.handleRedirectCallback();
// @ts-expect-error perhaps nobody came back
returned.status;
const factor = await auth.activateMfa({ code: '123456' });
// @ts-expect-error perhaps there were some already
factor.backup_codes.length;
// @ts-expect-error tokens stay with the SDK
factor.access_token;
const { number } = await api.auth.qr.create.mutate();
// @ts-expect-error a number is no text
number.trim();

export { status };
