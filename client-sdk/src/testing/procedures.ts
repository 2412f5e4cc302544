// Generated from the declarations in the server; `npm run check` compares. Every procedure with its doors, access and schemas.
import * as contract from '@authcenter/shared/schemas';
import { z } from 'zod';
import type { Procedure } from './procedure.ts';

/** Every procedure, by its dotted path. */
export type ProcedurePath =
  | 'auth.account.delete'
  | 'auth.apiKeys.create'
  | 'auth.apiKeys.list'
  | 'auth.apiKeys.revoke'
  | 'auth.contact.bind'
  | 'auth.contact.remove'
  | 'auth.email.resend'
  | 'auth.email.verify'
  | 'auth.forward'
  | 'auth.login'
  | 'auth.logout'
  | 'auth.logoutAll'
  | 'auth.me'
  | 'auth.mfa.activate'
  | 'auth.mfa.backupCodes'
  | 'auth.mfa.disable'
  | 'auth.mfa.enroll'
  | 'auth.mfa.verify'
  | 'auth.oauth.authorize'
  | 'auth.oauth.callback'
  | 'auth.oauth.identities'
  | 'auth.oauth.link'
  | 'auth.oauth.providers'
  | 'auth.oauth.unlink'
  | 'auth.otp.send'
  | 'auth.passkeys.list'
  | 'auth.passkeys.loginOptions'
  | 'auth.passkeys.register'
  | 'auth.passkeys.registerOptions'
  | 'auth.passkeys.remove'
  | 'auth.password.change'
  | 'auth.password.forgot'
  | 'auth.password.reset'
  | 'auth.qr.claim'
  | 'auth.qr.confirm'
  | 'auth.qr.create'
  | 'auth.qr.reject'
  | 'auth.qr.scan'
  | 'auth.qr.watch'
  | 'auth.refresh'
  | 'auth.register'
  | 'auth.revocations'
  | 'auth.sessions.list'
  | 'auth.sessions.revoke'
  | 'auth.stepUp'
  | 'auth.token'
  | 'auth.verify'
  | 'rbac.check'
  | 'rbac.checkMany'
  | 'rbac.explain'
  | 'rbac.permissions.create'
  | 'rbac.permissions.delete'
  | 'rbac.permissions.list'
  | 'rbac.permissions.update'
  | 'rbac.requests.approve'
  | 'rbac.requests.cancel'
  | 'rbac.requests.create'
  | 'rbac.requests.decline'
  | 'rbac.requests.list'
  | 'rbac.roles.addPermissions'
  | 'rbac.roles.create'
  | 'rbac.roles.delete'
  | 'rbac.roles.features.get'
  | 'rbac.roles.features.set'
  | 'rbac.roles.get'
  | 'rbac.roles.list'
  | 'rbac.roles.removePermission'
  | 'rbac.roles.update'
  | 'rbac.simulate'
  | 'rbac.whoCan'
  | 'system.audit.export'
  | 'system.audit.list'
  | 'system.audit.verify'
  | 'system.clients.create'
  | 'system.clients.delete'
  | 'system.clients.get'
  | 'system.clients.list'
  | 'system.clients.rotateSecret'
  | 'system.clients.update'
  | 'system.config.get'
  | 'system.config.update'
  | 'system.stats'
  | 'system.webhooks.create'
  | 'system.webhooks.delete'
  | 'system.webhooks.deliveries'
  | 'system.webhooks.get'
  | 'system.webhooks.list'
  | 'system.webhooks.replay'
  | 'system.webhooks.rotateSecret'
  | 'system.webhooks.update'
  | 'users.assignRole'
  | 'users.create'
  | 'users.delete'
  | 'users.export'
  | 'users.get'
  | 'users.invite'
  | 'users.list'
  | 'users.metadata.get'
  | 'users.metadata.set'
  | 'users.mfa.reset'
  | 'users.permissions'
  | 'users.removeRole'
  | 'users.renewRole'
  | 'users.sessions.list'
  | 'users.sessions.revoke'
  | 'users.setStatus'
  | 'users.update';

export const PROCEDURES = {
  'auth.account.delete': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/auth/account',
    status: 202,
    access: { session: true },
    stepUp: true,
    input: z.strictObject({}).optional(),
    output: contract.AccountDeletion,
  },
  'auth.apiKeys.create': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/api-keys',
    status: 201,
    access: { session: true },
    stepUp: true,
    input: contract.CreateApiKeyInput,
    output: contract.CreatedApiKey,
  },
  'auth.apiKeys.list': {
    type: 'query',
    method: 'GET',
    restPath: '/auth/api-keys',
    status: 200,
    access: { session: true },
    input: contract.ListApiKeysInput,
    output: contract.ApiKeyPage,
  },
  'auth.apiKeys.revoke': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/auth/api-keys/{id}',
    status: 204,
    access: { session: true },
    input: contract.ApiKeyIdInput,
    output: null,
  },
  'auth.contact.bind': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/contact',
    status: 200,
    access: { session: true },
    stepUp: true,
    input: contract.BindContactInput,
    output: contract.User,
  },
  'auth.contact.remove': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/auth/contact',
    status: 204,
    access: { session: true },
    stepUp: true,
    input: contract.RemoveContactInput,
    output: null,
  },
  'auth.email.resend': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/email/resend',
    status: 202,
    access: { public: true },
    input: contract.ResendEmailInput,
    output: null,
  },
  'auth.email.verify': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/email/verify',
    status: 200,
    access: { public: true },
    input: contract.VerifyEmailInput,
    output: contract.VerifyEmailResult,
  },
  'auth.forward': {
    type: 'query',
    method: 'GET',
    restPath: '/auth/forward',
    status: 200,
    access: { session: true, apiKey: true, anyClient: true },
    input: contract.ForwardInput.prefault({}),
    output: contract.Forwarded,
  },
  'auth.login': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/login',
    status: 200,
    access: { public: true },
    input: contract.LoginInput,
    output: contract.SignInResult,
  },
  'auth.logout': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/logout',
    status: 204,
    access: { public: true },
    input: contract.RefreshInput.optional(),
    output: null,
  },
  'auth.logoutAll': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/logout-all',
    status: 204,
    access: { session: true },
    input: z.strictObject({}).optional(),
    output: null,
  },
  'auth.me': {
    type: 'query',
    method: 'GET',
    restPath: '/auth/me',
    status: 200,
    access: { session: true, apiKey: true },
    input: z.strictObject({}).optional(),
    output: contract.SessionUser,
  },
  'auth.mfa.activate': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/mfa/activate',
    status: 200,
    access: { session: true, ticketFields: ['setup_token'] },
    stepUp: true,
    input: contract.ActivateMfaInput,
    output: contract.FactorActivated,
  },
  'auth.mfa.backupCodes': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/mfa/backup-codes',
    status: 201,
    access: { session: true },
    stepUp: true,
    input: z.strictObject({}).optional(),
    output: contract.BackupCodes,
  },
  'auth.mfa.disable': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/mfa/disable',
    status: 204,
    access: { session: true },
    stepUp: true,
    input: contract.DisableMfaInput,
    output: null,
  },
  'auth.mfa.enroll': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/mfa/enroll',
    status: 200,
    access: { session: true, ticketFields: ['setup_token'] },
    stepUp: true,
    input: contract.EnrollMfaInput,
    output: contract.MfaEnrollment,
  },
  'auth.mfa.verify': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/mfa/verify',
    status: 200,
    access: { public: true },
    input: contract.VerifyMfaInput,
    output: contract.SignInResult,
  },
  'auth.oauth.authorize': {
    type: 'mutation',
    method: 'GET',
    restPath: '/auth/oauth/{provider}/authorize',
    status: 302,
    access: { public: true },
    input: contract.AuthorizeInput,
    output: contract.Redirect,
  },
  'auth.oauth.callback': {
    type: 'mutation',
    method: 'GET',
    restPath: '/auth/oauth/{provider}/callback',
    status: 302,
    access: { public: true },
    input: contract.OAuthCallbackInput,
    output: contract.Redirect,
  },
  'auth.oauth.identities': {
    type: 'query',
    method: 'GET',
    restPath: '/auth/oauth/identities',
    status: 200,
    access: { session: true },
    input: z.strictObject({}).optional(),
    output: contract.OAuthIdentities,
  },
  'auth.oauth.link': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/oauth/{provider}/link',
    status: 200,
    access: { session: true },
    stepUp: true,
    input: contract.LinkProviderInput,
    output: contract.Redirect,
  },
  'auth.oauth.providers': {
    type: 'query',
    method: 'GET',
    restPath: '/auth/oauth/providers',
    status: 200,
    access: { public: true },
    input: z.strictObject({}).optional(),
    output: contract.Providers,
  },
  'auth.oauth.unlink': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/auth/oauth/{provider}/link',
    status: 204,
    access: { session: true },
    stepUp: true,
    input: contract.UnlinkProviderInput,
    output: null,
  },
  'auth.otp.send': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/otp',
    status: 202,
    access: { public: true },
    input: contract.SendCodeInput,
    output: contract.SentCode,
  },
  'auth.passkeys.list': {
    type: 'query',
    method: 'GET',
    restPath: '/auth/passkeys',
    status: 200,
    access: { session: true },
    input: z.strictObject({}).optional(),
    output: contract.PasskeyList,
  },
  'auth.passkeys.loginOptions': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/passkeys/login-options',
    status: 200,
    access: { public: true },
    input: contract.PasskeyLoginOptionsInput,
    output: contract.PasskeyRequestOptions,
  },
  'auth.passkeys.register': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/passkeys',
    status: 201,
    access: { session: true, ticketFields: ['setup_token'] },
    stepUp: true,
    input: contract.RegisterPasskeyInput,
    output: contract.FactorActivated,
  },
  'auth.passkeys.registerOptions': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/passkeys/register-options',
    status: 200,
    access: { session: true, ticketFields: ['setup_token'] },
    stepUp: true,
    input: contract.PasskeyRegisterOptionsInput,
    output: contract.PasskeyCreationOptions,
  },
  'auth.passkeys.remove': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/auth/passkeys/{id}',
    status: 204,
    access: { session: true },
    stepUp: true,
    input: contract.PasskeyIdInput,
    output: null,
  },
  'auth.password.change': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/password/change',
    status: 204,
    access: { session: true },
    input: contract.ChangePasswordInput,
    output: null,
  },
  'auth.password.forgot': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/password/forgot',
    status: 202,
    access: { public: true },
    input: contract.ForgotPasswordInput,
    output: null,
  },
  'auth.password.reset': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/password/reset',
    status: 204,
    access: { public: true },
    input: contract.ResetPasswordInput,
    output: null,
  },
  'auth.qr.claim': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/qr/{qr_id}/claim',
    status: 200,
    access: { public: true },
    input: contract.ClaimQrInput,
    output: contract.SignInResult,
  },
  'auth.qr.confirm': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/qr/{qr_id}/confirm',
    status: 204,
    access: { session: true },
    input: contract.ConfirmQrInput,
    output: null,
  },
  'auth.qr.create': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/qr',
    status: 201,
    access: { public: true },
    input: contract.CreateQrInput,
    output: contract.QrLogin,
  },
  'auth.qr.reject': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/qr/{qr_id}/reject',
    status: 204,
    access: { session: true },
    input: contract.QrIdInput,
    output: null,
  },
  'auth.qr.scan': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/qr/{qr_id}/scan',
    status: 200,
    access: { session: true },
    input: contract.QrIdInput,
    output: contract.QrScan,
  },
  'auth.qr.watch': {
    type: 'subscription',
    method: 'GET',
    restPath: '/auth/qr/{qr_id}',
    status: 200,
    access: { public: true },
    input: contract.QrIdInput,
    output: contract.QrStatus,
  },
  'auth.refresh': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/refresh',
    status: 200,
    access: { public: true },
    input: contract.RefreshInput.optional(),
    output: contract.SignedIn,
  },
  'auth.register': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/register',
    status: 201,
    access: { public: true },
    input: contract.RegisterInput,
    output: contract.RegisterResult,
  },
  'auth.revocations': {
    type: 'subscription',
    method: 'GET',
    restPath: '/auth/revocations',
    status: 200,
    access: { scopes: ['feed:read'] },
    input: contract.RevocationsInput,
    output: contract.RevocationBatch,
  },
  'auth.sessions.list': {
    type: 'query',
    method: 'GET',
    restPath: '/auth/sessions',
    status: 200,
    access: { session: true },
    input: contract.ListSessionsInput,
    output: contract.SessionPage,
  },
  'auth.sessions.revoke': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/auth/sessions/{id}',
    status: 204,
    access: { session: true },
    input: contract.SessionIdInput,
    output: null,
  },
  'auth.stepUp': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/step-up',
    status: 200,
    access: { session: true },
    input: contract.StepUpInput,
    output: contract.SteppedUp,
  },
  'auth.token': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/token',
    status: 200,
    access: { public: true },
    form: true,
    input: contract.TokenInput,
    output: contract.TokenResult,
  },
  'auth.verify': {
    type: 'mutation',
    method: 'POST',
    restPath: '/auth/verify',
    status: 200,
    access: { public: true },
    input: contract.VerifyTokenInput,
    output: contract.VerifyTokenResult,
  },
  'rbac.check': {
    type: 'query',
    method: 'POST',
    restPath: '/rbac/check',
    status: 200,
    access: { scopes: ['rbac:check'], pairs: [{ resource: 'user', action: 'READ' }], selfFields: ['user_id'] },
    input: contract.ExplainInput,
    output: contract.CheckResult,
  },
  'rbac.checkMany': {
    type: 'query',
    method: 'POST',
    restPath: '/rbac/check-many',
    status: 200,
    access: { scopes: ['rbac:check'], pairs: [{ resource: 'user', action: 'READ' }], selfFields: ['checks[].user_id'] },
    input: contract.CheckManyInput,
    output: contract.CheckManyResult,
  },
  'rbac.explain': {
    type: 'query',
    method: 'POST',
    restPath: '/rbac/explain',
    status: 200,
    access: { pairs: [{ resource: 'user', action: 'READ' }], selfFields: ['user_id'] },
    input: contract.ExplainInput,
    output: contract.Explanation,
  },
  'rbac.permissions.create': {
    type: 'mutation',
    method: 'POST',
    restPath: '/permissions',
    status: 201,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    stepUp: true,
    idempotent: true,
    input: contract.CreatePermissionInput,
    output: contract.Permission,
  },
  'rbac.permissions.delete': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/permissions/{id}',
    status: 204,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    stepUp: true,
    input: contract.PermissionIdInput,
    output: null,
  },
  'rbac.permissions.list': {
    type: 'query',
    method: 'GET',
    restPath: '/permissions',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'READ' }] },
    input: contract.ListPermissionsInput,
    output: contract.PermissionPage,
  },
  'rbac.permissions.update': {
    type: 'mutation',
    method: 'PUT',
    restPath: '/permissions/{id}',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    stepUp: true,
    input: contract.UpdatePermissionInput,
    output: contract.Permission,
  },
  'rbac.requests.approve': {
    type: 'mutation',
    method: 'POST',
    restPath: '/rbac/requests/{id}/approve',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    input: contract.DecideRequestInput,
    output: contract.AccessRequest,
  },
  'rbac.requests.cancel': {
    type: 'mutation',
    method: 'POST',
    restPath: '/rbac/requests/{id}/cancel',
    status: 200,
    access: { session: true },
    input: contract.RequestIdInput,
    output: contract.AccessRequest,
  },
  'rbac.requests.create': {
    type: 'mutation',
    method: 'POST',
    restPath: '/rbac/requests',
    status: 201,
    access: { session: true },
    idempotent: true,
    input: contract.CreateRequestInput,
    output: contract.AccessRequest,
  },
  'rbac.requests.decline': {
    type: 'mutation',
    method: 'POST',
    restPath: '/rbac/requests/{id}/decline',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    input: contract.DecideRequestInput,
    output: contract.AccessRequest,
  },
  'rbac.requests.list': {
    type: 'query',
    method: 'GET',
    restPath: '/rbac/requests',
    status: 200,
    access: { session: true, pairs: [{ resource: 'role', action: 'MANAGE' }] },
    input: contract.ListRequestsInput,
    output: contract.AccessRequestPage,
  },
  'rbac.roles.addPermissions': {
    type: 'mutation',
    method: 'POST',
    restPath: '/roles/{id}/permissions',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    stepUp: true,
    input: contract.AddPermissionsInput,
    output: contract.Role,
  },
  'rbac.roles.create': {
    type: 'mutation',
    method: 'POST',
    restPath: '/roles',
    status: 201,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    stepUp: true,
    idempotent: true,
    input: contract.CreateRoleInput,
    output: contract.Role,
  },
  'rbac.roles.delete': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/roles/{id}',
    status: 204,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    stepUp: true,
    input: contract.DeleteRoleInput,
    output: null,
  },
  'rbac.roles.features.get': {
    type: 'query',
    method: 'GET',
    restPath: '/roles/{id}/features',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'READ' }] },
    input: contract.RoleIdInput,
    output: contract.RoleFeatures,
  },
  'rbac.roles.features.set': {
    type: 'mutation',
    method: 'PUT',
    restPath: '/roles/{id}/features',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    stepUp: true,
    input: contract.SetFeaturesInput,
    output: contract.RoleFeatures,
  },
  'rbac.roles.get': {
    type: 'query',
    method: 'GET',
    restPath: '/roles/{id}',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'READ' }] },
    input: contract.RoleIdInput,
    output: contract.Role,
  },
  'rbac.roles.list': {
    type: 'query',
    method: 'GET',
    restPath: '/roles',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'READ' }] },
    input: contract.ListRolesInput,
    output: contract.RolePage,
  },
  'rbac.roles.removePermission': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/roles/{id}/permissions/{permission_id}',
    status: 204,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    stepUp: true,
    input: contract.RemovePermissionInput,
    output: null,
  },
  'rbac.roles.update': {
    type: 'mutation',
    method: 'PUT',
    restPath: '/roles/{id}',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    stepUp: true,
    input: contract.UpdateRoleInput,
    output: contract.Role,
  },
  'rbac.simulate': {
    type: 'query',
    method: 'POST',
    restPath: '/rbac/simulate',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    input: contract.SimulateInput,
    output: contract.Simulation,
  },
  'rbac.whoCan': {
    type: 'query',
    method: 'GET',
    restPath: '/rbac/who-can',
    status: 200,
    access: { pairs: [{ resource: 'user', action: 'READ' }] },
    input: contract.WhoCanInput,
    output: contract.HolderPage,
  },
  'system.audit.export': {
    type: 'subscription',
    method: 'GET',
    restPath: '/audit-logs/export',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    produces: 'application/x-ndjson',
    input: contract.ExportAuditInput,
    output: contract.AuditExportItem,
  },
  'system.audit.list': {
    type: 'query',
    method: 'GET',
    restPath: '/audit-logs',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: contract.ListAuditInput,
    output: contract.AuditPage,
  },
  'system.audit.verify': {
    type: 'query',
    method: 'GET',
    restPath: '/audit-logs/verify',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: contract.VerifyAuditInput,
    output: contract.AuditVerification,
  },
  'system.clients.create': {
    type: 'mutation',
    method: 'POST',
    restPath: '/clients',
    status: 201,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    stepUp: true,
    input: contract.CreateClientInput,
    output: contract.CreatedClient,
  },
  'system.clients.delete': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/clients/{id}',
    status: 204,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    stepUp: true,
    input: contract.ClientIdInput,
    output: null,
  },
  'system.clients.get': {
    type: 'query',
    method: 'GET',
    restPath: '/clients/{id}',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: contract.ClientIdInput,
    output: contract.Client,
  },
  'system.clients.list': {
    type: 'query',
    method: 'GET',
    restPath: '/clients',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: contract.ListClientsInput,
    output: contract.ClientPage,
  },
  'system.clients.rotateSecret': {
    type: 'mutation',
    method: 'POST',
    restPath: '/clients/{id}/rotate-secret',
    status: 201,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    stepUp: true,
    input: contract.RotateClientSecretInput,
    output: contract.NewClientSecret,
  },
  'system.clients.update': {
    type: 'mutation',
    method: 'PUT',
    restPath: '/clients/{id}',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    stepUp: true,
    input: contract.UpdateClientInput,
    output: contract.Client,
  },
  'system.config.get': {
    type: 'query',
    method: 'GET',
    restPath: '/system/config',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: z.strictObject({}).optional(),
    output: contract.Settings,
  },
  'system.config.update': {
    type: 'mutation',
    method: 'PUT',
    restPath: '/system/config',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    stepUp: true,
    input: contract.UpdateSettingsInput,
    output: contract.Settings,
  },
  'system.stats': {
    type: 'query',
    method: 'GET',
    restPath: '/system/stats',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: contract.StatsInput,
    output: contract.Stats,
  },
  'system.webhooks.create': {
    type: 'mutation',
    method: 'POST',
    restPath: '/webhooks',
    status: 201,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    stepUp: true,
    input: contract.CreateWebhookInput,
    output: contract.CreatedWebhook,
  },
  'system.webhooks.delete': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/webhooks/{id}',
    status: 204,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    stepUp: true,
    input: contract.WebhookIdInput,
    output: null,
  },
  'system.webhooks.deliveries': {
    type: 'query',
    method: 'GET',
    restPath: '/webhooks/{id}/deliveries',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: contract.ListWebhookDeliveriesInput,
    output: contract.WebhookDeliveryPage,
  },
  'system.webhooks.get': {
    type: 'query',
    method: 'GET',
    restPath: '/webhooks/{id}',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: contract.WebhookIdInput,
    output: contract.Webhook,
  },
  'system.webhooks.list': {
    type: 'query',
    method: 'GET',
    restPath: '/webhooks',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: contract.ListWebhooksInput,
    output: contract.WebhookPage,
  },
  'system.webhooks.replay': {
    type: 'mutation',
    method: 'POST',
    restPath: '/webhooks/{id}/replay',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    input: contract.ReplayWebhookInput,
    output: contract.ReplayedWebhook,
  },
  'system.webhooks.rotateSecret': {
    type: 'mutation',
    method: 'POST',
    restPath: '/webhooks/{id}/rotate-secret',
    status: 201,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    stepUp: true,
    input: contract.RotateWebhookSecretInput,
    output: contract.NewWebhookSecret,
  },
  'system.webhooks.update': {
    type: 'mutation',
    method: 'PUT',
    restPath: '/webhooks/{id}',
    status: 200,
    access: { pairs: [{ resource: 'system', action: 'CONFIG' }] },
    stepUp: true,
    input: contract.UpdateWebhookInput,
    output: contract.Webhook,
  },
  'users.assignRole': {
    type: 'mutation',
    method: 'POST',
    restPath: '/users/{id}/roles',
    status: 201,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    idempotent: true,
    input: contract.AssignRoleInput,
    output: contract.User,
  },
  'users.create': {
    type: 'mutation',
    method: 'POST',
    restPath: '/users',
    status: 201,
    access: { pairs: [{ resource: 'user', action: 'CREATE' }] },
    idempotent: true,
    input: contract.CreateUserInput,
    output: contract.User,
  },
  'users.delete': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/users/{id}',
    status: 204,
    access: { pairs: [{ resource: 'user', action: 'DELETE' }] },
    stepUp: true,
    input: contract.UserIdInput,
    output: null,
  },
  'users.export': {
    type: 'query',
    method: 'GET',
    restPath: '/users/{id}/export',
    status: 200,
    access: { pairs: [{ resource: 'user', action: 'MANAGE' }], selfFields: ['id'] },
    input: contract.UserIdInput,
    output: contract.UserExport,
  },
  'users.get': {
    type: 'query',
    method: 'GET',
    restPath: '/users/{id}',
    status: 200,
    access: { scopes: ['users:read'], pairs: [{ resource: 'user', action: 'READ' }], selfFields: ['id'] },
    input: contract.UserIdInput,
    output: contract.User,
  },
  'users.invite': {
    type: 'mutation',
    method: 'POST',
    restPath: '/users/{id}/invitation',
    status: 202,
    access: { pairs: [{ resource: 'user', action: 'CREATE' }] },
    input: contract.UserIdInput,
    output: null,
  },
  'users.list': {
    type: 'query',
    method: 'GET',
    restPath: '/users',
    status: 200,
    access: { pairs: [{ resource: 'user', action: 'READ' }] },
    input: contract.ListUsersInput,
    output: contract.UserPage,
  },
  'users.metadata.get': {
    type: 'query',
    method: 'GET',
    restPath: '/users/{id}/metadata',
    status: 200,
    access: { scopes: ['users:metadata'] },
    input: contract.UserIdInput,
    output: contract.UserMetadata,
  },
  'users.metadata.set': {
    type: 'mutation',
    method: 'PUT',
    restPath: '/users/{id}/metadata',
    status: 200,
    access: { scopes: ['users:metadata'] },
    input: contract.SetMetadataInput,
    output: contract.UserMetadata,
  },
  'users.mfa.reset': {
    type: 'mutation',
    method: 'POST',
    restPath: '/users/{id}/mfa/reset',
    status: 200,
    access: { pairs: [{ resource: 'user', action: 'UPDATE' }] },
    stepUp: true,
    input: contract.UserIdInput,
    output: contract.User,
  },
  'users.permissions': {
    type: 'query',
    method: 'GET',
    restPath: '/users/{id}/permissions',
    status: 200,
    access: { scopes: ['users:read'], pairs: [{ resource: 'user', action: 'READ' }], selfFields: ['id'] },
    input: contract.UserIdInput,
    output: contract.UserPermissions,
  },
  'users.removeRole': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/users/{id}/roles/{role_id}',
    status: 204,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    input: contract.RemoveRoleInput,
    output: null,
  },
  'users.renewRole': {
    type: 'mutation',
    method: 'PUT',
    restPath: '/users/{id}/roles/{role_id}',
    status: 200,
    access: { pairs: [{ resource: 'role', action: 'MANAGE' }] },
    input: contract.RenewRoleInput,
    output: contract.User,
  },
  'users.sessions.list': {
    type: 'query',
    method: 'GET',
    restPath: '/users/{id}/sessions',
    status: 200,
    access: { pairs: [{ resource: 'user', action: 'UPDATE' }] },
    input: contract.ListUserSessionsInput,
    output: contract.SessionPage,
  },
  'users.sessions.revoke': {
    type: 'mutation',
    method: 'DELETE',
    restPath: '/users/{id}/sessions/{session_id}',
    status: 204,
    access: { pairs: [{ resource: 'user', action: 'UPDATE' }] },
    input: contract.UserSessionInput,
    output: null,
  },
  'users.setStatus': {
    type: 'mutation',
    method: 'POST',
    restPath: '/users/{id}/status',
    status: 200,
    access: { pairs: [{ resource: 'user', action: 'UPDATE' }] },
    input: contract.SetUserStatusInput,
    output: contract.User,
  },
  'users.update': {
    type: 'mutation',
    method: 'PUT',
    restPath: '/users/{id}',
    status: 200,
    access: { pairs: [{ resource: 'user', action: 'UPDATE' }], selfFields: ['id'] },
    input: contract.UpdateUserInput,
    output: contract.User,
  },
} as const satisfies Readonly<Record<ProcedurePath, Procedure>>;
