// A scenario: what is asked of both servers, on people and sessions of its own.
import type { Ask } from '../ask.ts';
import { password, type Stage } from '../stage.ts';

export type Scenario = (ask: Ask, stage: Stage) => Promise<void>;
export type Scenarios = Readonly<Record<string, Scenario>>;

export const signIn = async (ask: Ask, username: string) => ask('auth.login', { username, password });
export const tokenOf = async (ask: Ask, username: string): Promise<string> =>
  (await signIn(ask, username)).access_token;

/** In ms. */
export const MINUTE = 60_000;
