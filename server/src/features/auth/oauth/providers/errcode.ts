// The errors of WeChat, WeCom and DingTalk's older API: `{ errcode, errmsg }` within HTTP 200.
import { z } from 'zod';
import { type ProviderAnswer, refusal } from './ask.ts';
import type { ProviderFailure } from './provider.ts';

const Said = z.object({ errcode: z.unknown(), errmsg: z.unknown() }).partial().catch({});

/** Undefined where there is none, which WeChat means by success; 0 is the others' success. */
export const readErrcode = ({ body }: ProviderAnswer): unknown => Said.parse(body).errcode;

/** The system is busy; called too often. */
const busy: Readonly<Record<string, ProviderFailure>> = {
  '-1': 'unavailable',
  '45009': 'unavailable',
  '45011': 'unavailable',
};

/**
 * @param meanings - of codes that mean more than a refusal
 * @throws ProviderError
 */
export function checkErrcode(answer: ProviderAnswer, meanings: Readonly<Record<string, ProviderFailure>> = {}): void {
  const { errcode, errmsg } = Said.parse(answer.body);
  if (answer.status === 200 && (errcode === undefined || errcode === 0)) return;
  throw refusal(answer, { code: errcode, message: errmsg }, { ...busy, ...meanings }[String(errcode)]);
}
