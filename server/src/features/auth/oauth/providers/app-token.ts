// The token of an application itself, shared by all who sign in: kept until shortly before it expires, asked for anew when refused.
import type { Clock } from '../../../../platform/clock.ts';
import type { ProviderAnswer } from './ask.ts';
import { readErrcode } from './errcode.ts';
import { remember } from './remember.ts';

export interface AppToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** Invalid, and expired: WeCom may take a token back before its time. */
const STALE: ReadonlySet<unknown> = new Set([40014, 42001]);
const MARGIN_SECONDS = 300;

/** Makes a request with the token, and once more with a new one where the old was refused. */
export type WithAppToken = (ask: (token: string) => Promise<ProviderAnswer>) => Promise<ProviderAnswer>;

export function createAppToken(clock: Clock, load: () => Promise<AppToken>): WithAppToken {
  const remembered = remember(clock, async () => {
    const { token, expiresInSeconds } = await load();
    return { value: token, until: new Date(clock.now().getTime() + (expiresInSeconds - MARGIN_SECONDS) * 1000) };
  });
  return async (ask) => {
    const token = await remembered.get();
    const answer = await ask(token);
    if (!STALE.has(readErrcode(answer))) return answer;
    remembered.forget(token);
    return ask(await remembered.get());
  };
}
