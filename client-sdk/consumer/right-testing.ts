// What a test of an application or service may write: compiled against the packed package, and run.
import { AuthCenterError, createAuthCenter } from '@authcenter/client';
import {
  createFakeAuthCenter,
  createTestIssuer,
  type FakeAuthCenter,
  type FakeCaller,
  type FakeInput,
  type FakeOutput,
} from '@authcenter/client/testing';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isExactly = <A, B>(_proof: Equal<A, B>): void => {};

const issuer = createTestIssuer({ issuer: 'https://auth.example.com' });
const token: string = await issuer.mintToken({ roles: ['Editor'], permissions: ['knowledge:CREATE'], expiresIn: 60 });
isExactly<Awaited<ReturnType<typeof issuer.jwks>>['keys'][number]['kid'], string>(true);

const fake: FakeAuthCenter = createFakeAuthCenter({
  users: [
    { username: 'li.lei', password: 'a good password', roles: ['Editor', { name: 'User', expiresAt: new Date(1e13) }] },
  ],
  roles: [{ name: 'Approver', permissions: ['invoice:APPROVE'] }],
  clients: [{ name: 'reports', scopes: ['rbac:check'] }],
});
const stop: () => void = fake.on('auth.mfa.backupCodes', (input, caller, next) => {
  isExactly<typeof caller, FakeCaller | null>(true);
  isExactly<ReturnType<typeof next>, Promise<{ backup_codes: string[] }>>(true);
  isExactly<typeof input, FakeInput<'auth.mfa.backupCodes'>>(true);
  return { backup_codes: ['aaaa-bbbb'] };
});
fake.on('users.get', async (input, _caller, next) => {
  isExactly<typeof input.id, string>(true);
  return { ...(await next()), username: 'another' };
});
isExactly<FakeOutput<'users.get'>['created_at'], Date>(true);

const { api, auth } = createAuthCenter({ url: fake.url, fetch: fake.fetch, retryFor: 0 });
await auth.login({ username: 'li.lei', password: 'a good password' });
const { backup_codes } = await api.auth.mfa.backupCodes.mutate();
stop();
fake.fail('auth.me', 'OVERLOADED', { times: 1, retryAfter: 2 });
fake.loseAnswers('auth.refresh');
fake.delay('*', 0, 1);
fake.advance(60_000);
fake.hold('auth.logout').release();
const refused = await api.auth.me.query().catch((error: unknown) => error);
const listening = await fake.listen();
const { status } = await fetch(`${listening.url}/.well-known/jwks.json`);
await listening.close();
export const results = [
  token.split('.').length,
  backup_codes,
  refused instanceof AuthCenterError && refused.code,
  auth.can('knowledge:PUBLISH'),
  fake.user('li.lei').roles.map(({ name }) => name),
  status,
];
