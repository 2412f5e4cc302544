// The published permission table is what the code says, and says what was agreed.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderPermissionTable } from '../../server/src/http/permission-table.ts';
import { listProcedures } from '../../server/src/http/procedures.ts';
import { PERMISSION_TABLE, readPermissionTable } from '../support/permission-table.ts';

test('the committed table is fresh', () => {
  expect(readFileSync(PERMISSION_TABLE, 'utf8')).toBe(renderPermissionTable());
});

test('it has a row for every procedure, with door, access, limit and key', () => {
  const declared = listProcedures().map(({ path, type, method, restPath, declaration }) => ({
    procedure: path,
    method,
    path: `/api/v1${restPath}`,
    access: [declaration.access].flat(),
    limit: declaration.limit,
    takesIdempotencyKey: declaration.idempotent ?? false,
    needsStepUp: declaration.stepUp ?? false,
    isSubscription: type === 'subscription',
  }));
  const byName = (a: { procedure: string }, b: { procedure: string }) => (a.procedure < b.procedure ? -1 : 1);
  expect(readPermissionTable().sort(byName)).toEqual(declared.sort(byName));
});

test('these procedures and no others are open to anyone', () => {
  const open = readPermissionTable().filter(({ access }) => access.includes('public'));
  expect(open.map(({ procedure }) => procedure).sort()).toEqual([
    'auth.email.resend',
    'auth.email.verify',
    'auth.login',
    'auth.logout',
    'auth.mfa.verify',
    'auth.oauth.authorize',
    'auth.oauth.callback',
    'auth.oauth.providers',
    'auth.otp.send',
    'auth.passkeys.loginOptions',
    'auth.password.forgot',
    'auth.password.reset',
    'auth.qr.claim',
    'auth.qr.create',
    'auth.qr.watch',
    'auth.refresh',
    'auth.register',
    'auth.token',
    'auth.verify',
  ]);
});

test('what is public is nothing else besides, and every procedure has a door of its own', () => {
  const rows = readPermissionTable();
  for (const { access } of rows.filter(({ access }) => access.includes('public'))) expect(access).toEqual(['public']);
  const doors = rows.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
  expect(new Set(doors).size).toBe(doors.length);
});

test('only what changes something by GET or queries is missing: no GET stands for a mutation', () => {
  for (const { path, type, method, declaration } of listProcedures()) {
    // Where a browser is sent, it comes by GET.
    if (method === 'GET' && declaration.status !== 302) expect([path, type]).not.toEqual([path, 'mutation']);
    if (method === 'DELETE' || method === 'PUT') expect([path, type]).toEqual([path, 'mutation']);
  }
});
