// What a test must not be able to write: each line is refused by the compiler, or this file does not compile.
import { createFakeAuthCenter, createTestIssuer } from '@authcenter/client/testing';

const issuer = createTestIssuer();
// @ts-expect-error a claim that tokens do not have
await issuer.mintToken({ groups: ['Editor'] });
// @ts-expect-error roles are a list
await issuer.mintToken({ roles: 'Editor' });
// @ts-expect-error seconds, not a date
await issuer.mintToken({ expiresIn: new Date() });

const fake = createFakeAuthCenter();
// @ts-expect-error a user without a name
createFakeAuthCenter({ users: [{ password: 'a good password' }] });
// @ts-expect-error a scope that there is not
createFakeAuthCenter({ clients: [{ name: 'x', scopes: ['users:write'] }] });
// @ts-expect-error a procedure that there is not
fake.on('auth.fly', () => ({}));
// @ts-expect-error an answer that the procedure does not give
fake.on('rbac.check', () => ({ allowed: 'yes' }));
// @ts-expect-error a field that the input does not have
fake.on('users.get', (input, _caller, next) => next({ id: input.name }));
// @ts-expect-error a code that there is not
fake.fail('auth.me', 'OOPS');
// @ts-expect-error a path that there is not
fake.loseAnswers('auth.mee');
// @ts-expect-error where it is is not for writing
fake.url = 'https://auth.example.com';
// @ts-expect-error nobody
await fake.signIn();
