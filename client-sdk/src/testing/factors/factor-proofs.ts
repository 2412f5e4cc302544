// Whether a second factor is shown: a code of the app, a backup code, a passkey; and what spends it, so that each works once.
import type { Assertion } from '@authcenter/shared/schemas';
import { TWO_FACTORS } from '@authcenter/shared/sign-in';
import type { UserRecord } from '../people/users.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import { checkAssertion } from './ceremonies.ts';
import { readBackupCode } from './factors.ts';
import { computeTotp, findTotpStep, stepOf } from './totp.ts';

/** Something that was shown. */
export interface Shown {
  /** What goes into the session: `otp`, `backup_code`, `passkey`, and `mfa`. */
  readonly methods: readonly string[];
  /** Of several at once one wins. */
  spend(): void;
}

export type FactorProof =
  | { readonly method: 'totp' | 'backup_code'; readonly code: string }
  | { readonly method: 'passkey'; readonly assertion: Assertion; readonly purpose: 'mfa' | 'step_up' };

/** @returns null when it is wrong, was used before, or is not enrolled */
export async function checkFactor(world: World, user: UserRecord, proof: FactorProof): Promise<Shown | null> {
  switch (proof.method) {
    case 'totp':
      return checkApp(world, user, proof.code.replaceAll(/\s/g, ''));
    case 'backup_code':
      return checkBackupCode(user, readBackupCode(proof.code));
    case 'passkey': {
      const passkey = await checkAssertion(world, proof.assertion, { purpose: proof.purpose, user });
      return passkey && { methods: ['passkey', TWO_FACTORS], spend: passkey.spend };
    }
  }
}

/** Of an app or a backup code, whichever it looks like. */
export const checkCode = (world: World, user: UserRecord, code: string): Promise<Shown | null> =>
  checkFactor(world, user, { method: /^\d{6}$/.test(code.replaceAll(/\s/g, '')) ? 'totp' : 'backup_code', code });

async function checkApp({ clock }: World, user: UserRecord, code: string): Promise<Shown | null> {
  const methods = ['otp', TWO_FACTORS];
  const { app } = user.factors;
  if (!app) return null;
  if ('code' in app) return app.code === code ? { methods, spend() {} } : null;
  const step = await findTotpStep(app.secret, code, clock.now());
  if (step === null || step <= app.lastStep) return null;
  return {
    methods,
    spend() {
      const { app: present } = user.factors;
      if (!present || 'code' in present || step <= present.lastStep) return refuse('INVALID_CODE');
      user.factors = { ...user.factors, app: { ...present, lastStep: step } };
    },
  };
}

function checkBackupCode(user: UserRecord, code: string): Shown | null {
  const isThere = () => user.factors.backupCodes.includes(code);
  if (!isThere()) return null;
  return {
    methods: ['backup_code', TWO_FACTORS],
    spend() {
      if (!isThere()) refuse('INVALID_CODE');
      user.factors = { ...user.factors, backupCodes: user.factors.backupCodes.filter((one) => one !== code) };
    },
  };
}

/** What the app shows now. @throws Error where there is none */
export async function readApp({ clock }: World, { username, factors: { app, pending } }: UserRecord): Promise<string> {
  const shown = pending ?? app;
  if (!shown) throw new Error(`${username} has no authenticator app: enroll one, or give them a totp in users`);
  return 'code' in shown ? shown.code : computeTotp(shown.secret, stepOf(clock.now()));
}
