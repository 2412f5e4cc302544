// Entry of the package: everything that an application imports.
export type { Auth } from './auth.ts';
export type { PermissionName } from './can.ts';
export { type AuthCenter, type AuthCenterOptions, createAuthCenter } from './create-auth-center.ts';
export type { Fetch } from './environment.ts';
export { AuthCenterError, type AuthCenterErrorCode } from './error.ts';
export { idempotent } from './idempotent.ts';
export type { SessionUser } from './record.ts';
export type { RedirectOptions } from './redirect.ts';
export type { Api, AppRouter, RouterInputs, RouterOutputs } from './router.ts';
export type {
  FactorResult,
  LoginInput,
  LoginResult,
  RegisterInput,
  RegisterResult,
  VerifyMfaInput,
} from './sign-in.ts';
export type { OnStepUp, StepUpProof } from './step-up.ts';
export type { SessionStorage } from './storage.ts';
