// What an application may write to sign people in: compiled against the packed package, never run. Answers narrow by their `status`.
import {
  type AuthCenter,
  type AuthCenterError,
  createAuthCenter,
  type FactorResult,
  type LoginInput,
  type LoginResult,
  type OnStepUp,
  type RedirectOptions,
  type RegisterResult,
  type SessionUser,
  type StepUpProof,
  type VerifyMfaInput,
} from '@authcenter/client';
import { loginWithPasskey, proveByPasskey, registerPasskey, type supportsPasskeys } from '@authcenter/client/passkeys';
import { type QrCode, type QrSignInStatus, renderQr, signInByQr } from '@authcenter/client/qr';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isExactly = <A, B>(_proof: Equal<A, B>): void => {};

const onStepUp: OnStepUp = async (refused) => {
  isExactly<typeof refused, AuthCenterError | null>(true);
  return refused ? null : { password: 'secret' };
};
createAuthCenter({ url: 'https://auth.example.com', onStepUp });
const center: AuthCenter = createAuthCenter({
  url: 'https://auth.example.com',
  storage: 'cookie',
  onStepUp: () => proveByPasskey(center),
});
const { api, auth } = center;
const { signal } = new AbortController();

// The ways in
const ways: LoginInput[] = [
  { email: 'li.lei@example.com', password: 'secret' },
  { username: 'li.lei', password: 'secret' },
  { phone: '13800138000', password: 'secret' },
  { phone: '13800138000', code: '123456' },
  { phone: '13800138000', code: '123456', challenge_id: 'u3Vb1nqkTqW0l5x8dJmZyA' },
  { email: 'li.lei@example.com', code: '123456', device: { device_type: 'web', device_name: 'Li Lei’s laptop' } },
  { magic_token: 'from the link' },
];
const sent = await api.auth.otp.send.mutate({ phone: '13800138000', purpose: 'login' });
isExactly<typeof sent.challenge_id, string>(true);
isExactly<typeof sent.resend_after, number>(true);

// What they answer
const result: LoginResult = await auth.login(ways[0] ?? { magic_token: 'x' }, { signal });
isExactly<LoginResult['status'], 'ok' | 'mfa_required' | 'mfa_setup_required' | 'password_change_required'>(true);
export function next(answer: LoginResult): string {
  switch (answer.status) {
    case 'ok':
      isExactly<typeof answer.user, SessionUser>(true);
      return answer.user.username;
    case 'mfa_required':
      isExactly<(typeof answer.methods)[number], 'totp' | 'passkey' | 'backup_code' | 'email' | 'new_account'>(true);
      isExactly<typeof answer.expires_in, number>(true);
      return answer.mfa_token;
    case 'mfa_setup_required':
      isExactly<(typeof answer.methods)[number], 'totp' | 'passkey'>(true);
      return answer.setup_token;
    case 'password_change_required':
      return answer.change_token;
  }
}
export function nextOf(answer: RegisterResult): string | null {
  if (answer.status === 'verification_required') return null;
  return answer.status === 'ok' ? answer.user.id : answer.setup_token;
}

// Second factors
const proofs: VerifyMfaInput[] = [
  { mfa_token: 'x', method: 'totp', code: '123456' },
  { mfa_token: 'x', method: 'backup_code', code: 'abcd-efgh' },
  { mfa_token: 'x', method: 'email', code: '123456' },
  { mfa_token: 'x', method: 'new_account' },
];
for (const proof of proofs) await auth.verifyMfa(proof, { signal });
isExactly<Awaited<ReturnType<typeof auth.verifyMfa>>, LoginResult>(true);
if (result.status === 'mfa_setup_required') {
  const { setup_token } = result;
  const { otpauth_url } = await api.auth.mfa.enroll.mutate({ setup_token });
  renderQr(otpauth_url);
  await registerPasskey(center, { setup_token, label: 'My laptop' });
}
if (result.status === 'password_change_required')
  await api.auth.password.reset.mutate({ change_token: result.change_token, new_password: 'another secret' });
const activated: FactorResult = await auth.activateMfa({ code: '123456' }, { signal });
isExactly<typeof activated.backup_codes, string[] | null>(true);
isExactly<typeof activated.status, 'active' | 'ok' | 'password_change_required'>(true);
if (activated.status === 'ok') isExactly<typeof activated.user, SessionUser>(true);

// Passkeys
isExactly<ReturnType<typeof supportsPasskeys>, boolean>(true);
isExactly<Awaited<ReturnType<typeof registerPasskey>>, FactorResult>(true);
await registerPasskey(center);
isExactly<Awaited<ReturnType<typeof loginWithPasskey>>, LoginResult>(true);
await loginWithPasskey(center);
await loginWithPasskey(center, { autofill: true, device: { device_type: 'web' } });
await loginWithPasskey(center, { mfa_token: 'x' });

// Proving oneself again
const again: StepUpProof[] = [
  { password: 'secret' },
  { code: '123456' },
  { code: '123456', challenge_id: 'u3Vb1nqkTqW0l5x8dJmZyA' },
  await proveByPasskey(center),
];
for (const proof of again) await auth.stepUp(proof);

// Redirects
const redirect: RedirectOptions = {
  provider: 'wechat',
  clientId: 'x',
  redirectUri: 'https://app.example.com/callback',
};
await auth.signInWithRedirect(redirect);
await auth.linkWithRedirect(redirect);
isExactly<Awaited<ReturnType<typeof auth.handleRedirectCallback>>, LoginResult | null>(true);
isExactly<Awaited<ReturnType<typeof api.auth.oauth.providers.query>>['items'][number]['display_name'], string>(true);

// QR codes
const scanned = await signInByQr(center, {
  onCode(code) {
    isExactly<typeof code, QrCode>(true);
    isExactly<typeof code.expiresAt, Date>(true);
    isExactly<typeof code.number, number>(true);
  },
  onStatus(status) {
    isExactly<typeof status, QrSignInStatus>(true);
  },
  device: { device_type: 'web' },
  signal,
});
isExactly<typeof scanned, LoginResult>(true);
isExactly<QrSignInStatus, 'pending' | 'scanned' | 'confirmed' | 'rejected' | 'expired' | 'claimed'>(true);
isExactly<Awaited<ReturnType<typeof auth.claimQr>>, LoginResult>(true);
await auth.claimQr({ qr_id: 'x', qr_secret: 'y', device: { device_type: 'web' } }, { signal });
