// Entry of the package: everything that an application imports.
export type { Auth, LoginInput, LoginResult, RegisterInput, RegisterResult } from './auth.ts';
export type { PermissionName } from './can.ts';
export { type AuthCenter, type AuthCenterOptions, createAuthCenter } from './create-auth-center.ts';
export type { Fetch } from './environment.ts';
export { AuthCenterError, type AuthCenterErrorCode } from './error.ts';
export { idempotent } from './idempotent.ts';
export type { SessionUser } from './record.ts';
export type { Api, AppRouter, RouterInputs, RouterOutputs } from './router.ts';
export type { SessionStorage } from './storage.ts';
