// What an application must not be able to write: each line is refused by the compiler, or this file does not compile.
import { AuthCenterError, createAuthCenter, idempotent } from '@authcenter/client';

const { api, auth } = createAuthCenter({ url: 'https://auth.example.com' });

// @ts-expect-error no url
createAuthCenter({});
// @ts-expect-error an unknown option
createAuthCenter({ url: 'https://auth.example.com', baseUrl: 'x' });
// @ts-expect-error an unknown storage
createAuthCenter({ url: 'https://auth.example.com', storage: 'localStorage' });
// @ts-expect-error a storage without remove
createAuthCenter({ url: 'https://auth.example.com', storage: { get: () => null, set: () => {} } });

// @ts-expect-error an unknown feature
api.billing;
// @ts-expect-error an unknown procedure
api.users.destroy;
// @ts-expect-error a query called as a mutation
api.users.list.mutate({});
// @ts-expect-error a mutation called as a query
api.users.setStatus.query({ id: 'x', status: 'active' });
// @ts-expect-error no input where there must be one
api.users.get.query();
// @ts-expect-error a missing field
api.users.assignRole.mutate({ id: 'x' });
// @ts-expect-error a field of the wrong type
api.users.list.query({ limit: '10' });
// @ts-expect-error a date as text
api.users.assignRole.mutate({ id: 'x', role_id: 'y', expires_at: '2030-01-01' });
// @ts-expect-error an unknown field
api.users.list.query({ page: 2 });
// @ts-expect-error a value that is none of the enumeration
api.users.setStatus.mutate({ id: 'x', status: 'deleted' });
// @ts-expect-error neither form of a check
api.rbac.check.query({ resource: 'knowledge' });
// @ts-expect-error an idempotency key that is no text
api.users.assignRole.mutate({ id: 'x', role_id: 'y' }, idempotent(42));

const user = await api.users.get.query({ id: 'x' });
// @ts-expect-error a field that an answer does not have
user.password_hash;
// @ts-expect-error a date is no text
user.created_at.trim();
// @ts-expect-error may be null
user.email.trim();

// @ts-expect-error no password
await auth.login({ email: 'li.lei@example.com' });
// @ts-expect-error the storage decides how the refresh token travels
await auth.login({ email: 'li.lei@example.com', password: 'secret', refresh_transport: 'cookie' });
// @ts-expect-error tokens stay with the SDK
(await auth.login({ email: 'li.lei@example.com', password: 'secret' })).access_token;
const registered = await auth.register({ username: 'li.lei', email: 'li.lei@example.com', password: 'secret' });
// @ts-expect-error nobody is signed in before the mail is read
registered.user;
// @ts-expect-error a permission is a text
auth.can(7);
// @ts-expect-error who is signed in is not for writing
auth.user = null;
// @ts-expect-error nobody may be signed in
auth.user.username;

const error = new AuthCenterError({ code: 'NETWORK_ERROR' });
// @ts-expect-error a code that does not exist
error.code === 'WRONG_PASSWORD';
// @ts-expect-error an error made with one
new AuthCenterError({ code: 'OOPS' });
