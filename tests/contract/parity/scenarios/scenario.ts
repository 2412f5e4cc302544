// A scenario: what is asked of both servers, on people and sessions of its own.
import type { Ask } from '../ask.ts';
import { password, type Stage } from '../stage.ts';

export type Scenario = (ask: Ask, stage: Stage) => Promise<void>;
export type Scenarios = Readonly<Record<string, Scenario>>;

export const signIn = async (ask: Ask, username: string) => ask('auth.login', { username, password });
export const tokenOf = async (ask: Ask, username: string): Promise<string> =>
  (await signIn(ask, username)).access_token;

/** Somebody new, with a password that nobody else knows any more. */
export async function makePerson(ask: Ask, token: string, username: string, role_ids?: readonly string[]) {
  const given = 'a horse of course 9';
  const fields = { username, email: `${username}@example.com`, password: given, ...(role_ids ? { role_ids } : {}) };
  const { id } = await ask('users.create', fields, { token });
  const { change_token } = await ask('auth.login', { username, password: given });
  await ask('auth.password.reset', { change_token, new_password: given });
  await ask('auth.password.reset', { change_token, new_password: password });
  return { id: String(id), token: await tokenOf(ask, username) };
}

/** In ms. */
export const MINUTE = 60_000;
