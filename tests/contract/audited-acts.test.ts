// Everything that changes something writes it into the audit: each mutation names its acts here, or why it has none.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listProcedures } from '../../server/src/http/procedures.ts';
import { listSourceFiles } from '../support/imports.ts';

const SIGN_IN = ['auth.login'];
const FACTOR = ['auth.factor_added'];

const AUDITED: Readonly<Record<string, readonly string[]>> = {
  'auth.account.delete': ['auth.account_deletion_requested'],
  'auth.apiKeys.create': ['auth.api_key_created'],
  'auth.apiKeys.revoke': ['auth.api_key_revoked'],
  'auth.contact.bind': ['auth.contact_bound'],
  'auth.contact.remove': ['auth.contact_removed'],
  'auth.email.verify': ['auth.email_verified'],
  'auth.login': SIGN_IN,
  'auth.logout': ['auth.session_ended'],
  'auth.logoutAll': ['auth.logout_all'],
  'auth.mfa.activate': FACTOR,
  'auth.mfa.backupCodes': ['auth.backup_codes_renewed'],
  'auth.mfa.disable': ['auth.factor_removed'],
  'auth.mfa.verify': [...SIGN_IN, 'auth.number_moved'],
  'auth.oauth.callback': ['auth.identity_linked', 'auth.register'],
  'auth.oauth.link': ['auth.identity_linked'],
  'auth.oauth.unlink': ['auth.identity_unlinked'],
  'auth.passkeys.register': FACTOR,
  'auth.passkeys.remove': ['auth.factor_removed'],
  'auth.password.change': ['auth.password_changed'],
  'auth.password.reset': ['auth.password_reset', 'auth.invitation_accepted'],
  'auth.qr.claim': SIGN_IN,
  'auth.qr.confirm': ['auth.qr_confirmed'],
  'auth.qr.reject': ['auth.qr_rejected'],
  'auth.register': ['auth.register'],
  'auth.sessions.revoke': ['auth.session_ended'],
  'auth.stepUp': ['auth.step_up'],
  'auth.token': [...SIGN_IN, 'auth.token_exchanged'],
  'rbac.permissions.create': ['rbac.permission_created'],
  'rbac.permissions.delete': ['rbac.permission_deleted'],
  'rbac.permissions.update': ['rbac.permission_updated'],
  'rbac.requests.approve': ['rbac.request_seconded', 'rbac.request_approved', 'users.assign_role'],
  'rbac.requests.cancel': ['rbac.request_cancelled'],
  'rbac.requests.create': ['rbac.request_created'],
  'rbac.requests.decline': ['rbac.request_declined'],
  'rbac.roles.addPermissions': ['rbac.role_permissions_added'],
  'rbac.roles.create': ['rbac.role_created'],
  'rbac.roles.delete': ['rbac.role_deleted'],
  'rbac.roles.features.set': ['rbac.role_features_set'],
  'rbac.roles.removePermission': ['rbac.role_permission_removed'],
  'rbac.roles.update': ['rbac.role_updated'],
  'system.clients.create': ['system.client_created'],
  'system.clients.delete': ['system.client_deleted'],
  'system.clients.rotateSecret': ['system.client_secret_rotated'],
  'system.clients.update': ['system.client_updated'],
  'system.config.update': ['system.settings_updated'],
  'system.webhooks.create': ['system.webhook_created'],
  'system.webhooks.delete': ['system.webhook_deleted'],
  'system.webhooks.replay': ['system.webhook_replayed'],
  'system.webhooks.rotateSecret': ['system.webhook_secret_rotated'],
  'system.webhooks.update': ['system.webhook_updated'],
  'users.assignRole': ['users.assign_role'],
  'users.create': ['users.create'],
  'users.delete': ['users.delete'],
  'users.invite': ['users.invite'],
  'users.metadata.set': ['users.metadata_set'],
  'users.mfa.reset': ['users.mfa_reset'],
  'users.removeRole': ['users.remove_role'],
  'users.renewRole': ['users.renew_role'],
  'users.sessions.revoke': ['users.session_ended'],
  'users.setStatus': ['users.set_status'],
  'users.update': ['users.update'],
};

const UNAUDITED: Readonly<Record<string, string>> = {
  'auth.email.resend': 'sends a message; what it leads to is audited',
  'auth.mfa.enroll': 'nothing counts before it is activated',
  'auth.oauth.authorize': 'sends a browser to a provider',
  'auth.otp.send': 'sends a message; what it leads to is audited',
  'auth.passkeys.loginOptions': 'hands out a challenge',
  'auth.passkeys.registerOptions': 'hands out a challenge',
  'auth.password.forgot': 'sends a message; what it leads to is audited',
  'auth.qr.create': 'hands out a code that nobody has confirmed',
  'auth.qr.scan': 'nothing is granted before it is confirmed',
  'auth.refresh': 'goes on with a sign-in that is audited; reuse ends the session, which is',
  'auth.verify': 'asks',
};

/** What no procedure that changes something does: the server by itself, an operator by command, a redirect, a person's data handed out. */
const OTHERWISE = [
  'auth.account_deletion_called_off',
  'rbac.request_lapsed',
  'system.audit_erased',
  'system.audit_pruned',
  'system.key_begun',
  'system.key_published',
  'system.key_revoked',
  'system.role_permissions_repaired',
  'system.secrets_rewrapped',
  'system.webhook_disabled',
  'users.admin_created',
  'users.admin_promoted',
  'users.export',
  'users.first_administrator',
  'users.grant_expired',
  'users.import_begun',
  'users.imported',
  'users.removed',
];

const mutations = listProcedures()
  .filter(({ type }) => type === 'mutation')
  .map(({ path }) => path);
const source = listSourceFiles('server/src')
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

test('each mutation is audited, or says why it is not', () => {
  expect([...Object.keys(AUDITED), ...Object.keys(UNAUDITED)].toSorted()).toEqual(mutations.toSorted());
});

test('the acts that are named here are recorded somewhere', () => {
  const missing = [...Object.values(AUDITED).flat(), ...OTHERWISE].filter((act) => !source.includes(`'${act}'`));
  expect(missing).toEqual([]);
});

test('the guide names each of them, and nothing else', () => {
  const guide = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8');
  const told = [...guide.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    cell.split(' · ').map((act) => act.replaceAll('`', '')),
  );
  expect(told.toSorted()).toEqual([...new Set([...Object.values(AUDITED).flat(), ...OTHERWISE])].toSorted());
});

test('and there are no others', () => {
  const recorded = [...source.matchAll(/\bact: '([\w.]+)'/g)].map(([, act]) => act as string);
  expect(recorded.length).toBeGreaterThan(20);
  const known = new Set([...Object.values(AUDITED).flat(), ...OTHERWISE]);
  expect(recorded.filter((act) => !known.has(act))).toEqual([]);
});
