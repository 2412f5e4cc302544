// Passwords of a test: trying one, asking for a new one, choosing it.
import type { RestAnswer, TestServer, TestUser } from './server.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Keeps every rule there is. */
export const NEW_PASSWORD = 'a wholly new Passphrase 7';

/** What a sign-in by this password comes to: its status, or the code of its refusal. */
export async function tryPassword(
  server: TestServer,
  { email }: Pick<TestUser, 'email'>,
  password: string,
): Promise<string> {
  const { body } = await server.rest('POST', '/auth/login', { body: { email, password } });
  return body.code ?? body.status;
}

export const forgetPassword = (
  server: TestServer,
  target: Fields,
  headers: Record<string, string> = {},
): Promise<RestAnswer> => server.rest('POST', '/auth/password/forgot', { body: target, headers });

/** By `token`, by `phone` and `code`, or by `change_token`. */
export const resetPassword = (
  server: TestServer,
  proof: Fields,
  new_password: unknown = NEW_PASSWORD,
  headers: Record<string, string> = {},
): Promise<RestAnswer> => server.rest('POST', '/auth/password/reset', { body: { new_password, ...proof }, headers });

export const changePassword = (server: TestServer, token: string, body: Fields): Promise<RestAnswer> =>
  server.rest('POST', '/auth/password/change', { token, body });

/** What the audit has of an act on a user, oldest first. */
export const readAudit = ({ deps }: TestServer, act: string, userId: string) =>
  deps.database.db
    .collection('audit_logs')
    .find({ act, 'target.id': userId }, { sort: { at: 1, _id: 1 } })
    .toArray();
