// What WeCom shows of a member: the directory's entry, and with a ticket what the member agreed to show.
import { z } from 'zod';
import type { OAuthProviderOf } from '../../../../config/oauth.ts';
import type { WithAppToken } from './app-token.ts';
import { askProvider, type ProviderAnswer, readAnswer } from './ask.ts';
import { checkErrcode, readErrcode } from './errcode.ts';
import { profileText } from './identity.ts';
import type { Visitor } from './wecom-visitor.ts';

const Entry = z.object({
  name: profileText,
  mobile: profileText,
  email: profileText,
  biz_mail: profileText,
  avatar: profileText,
});
type Entry = Partial<z.output<typeof Entry>>;

/** The application may not call this, or may not see this member: who it is stands all the same. */
const HIDDEN: ReadonlySet<unknown> = new Set([48002, 60011, 60111]);

export async function readMember(
  { member_url, detail_url }: OAuthProviderOf<'wecom'>,
  withAppToken: WithAppToken,
  { ids: { userid = '' }, ticket }: Visitor,
  timeout: number,
): Promise<Entry> {
  const entry = readEntry(
    await withAppToken((token) => askProvider(member_url, { query: { access_token: token, userid }, timeout })),
  );
  if (ticket === undefined) return entry;
  const json = { user_ticket: ticket };
  const shown = readEntry(
    await withAppToken((token) => askProvider(detail_url, { query: { access_token: token }, json, timeout })),
  );
  const told = Object.entries(shown).filter(([, value]) => value !== undefined && value !== '');
  return { ...entry, ...Object.fromEntries(told) };
}

function readEntry(answer: ProviderAnswer): Entry {
  if (HIDDEN.has(readErrcode(answer))) return {};
  checkErrcode(answer);
  return readAnswer(answer, Entry);
}
