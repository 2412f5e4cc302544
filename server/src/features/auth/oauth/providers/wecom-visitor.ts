// Whom WeCom says a code belongs to: a member of the company, one of a linked company, or an outsider.
import { z } from 'zod';
import { type ProviderAnswer, readAnswer, refusal } from './ask.ts';
import { furtherId, perhapsId } from './identity.ts';

export interface Visitor {
  readonly isMember: boolean;
  /** Stable within the company. */
  readonly key: string;
  readonly ids: Readonly<Record<string, string | undefined>>;
  /** Opens what the member agreed to show. */
  readonly ticket?: string | undefined;
}

/** `/cgi-bin/user/getuserinfo`, the older form, writes the names with capitals. */
const Answer = z.object({
  userid: perhapsId,
  UserId: perhapsId,
  openid: perhapsId,
  OpenId: perhapsId,
  external_userid: furtherId,
  user_ticket: z.string().optional().catch(undefined),
});

/** @throws ProviderError `refused` when the answer names nobody */
export function readVisitor(answer: ProviderAnswer): Visitor {
  const told = readAnswer(answer, Answer);
  const userid = told.userid ?? told.UserId;
  if (userid !== undefined) {
    // Of linked companies the form is `<corp id>/<userid>`, which no userid of one's own has.
    const isMember = /^[\w@.-]+$/.test(userid);
    // Case does not tell two members apart, and an administrator may change it.
    return { isMember, key: userid.toLowerCase(), ids: { userid }, ticket: told.user_ticket };
  }
  const openid = told.openid ?? told.OpenId;
  if (openid === undefined) throw refusal(answer, { message: 'names nobody' });
  return { isMember: false, key: `openid:${openid}`, ids: { openid, external_userid: told.external_userid } };
}
