// Mails with a link: the secret comes to be when the mail is made, and is stored as a keyed hash alone. A job that runs again makes one more.
import { ObjectId } from 'mongodb';
import { newSecret } from '../../../platform/keyed-hash.ts';
import type { UserDocument } from '../../users/document.ts';
import { LINKS, newLinkCode, newLinkSecret } from '../email/link-code.ts';
import type { OneTimeCodeDocument } from '../email/repository.ts';
import type { Message, MessageDeps } from './compose.ts';
import { composeMail } from './mail.ts';

type Locale = 'zh' | 'en';

/** From the configured address, never from a Host header. */
function linkTo(deps: MessageDeps, page: string, secret: string): string {
  const url = new URL(page, deps.publicUrl());
  url.searchParams.set('token', secret);
  return url.href;
}

export async function composeLink(deps: MessageDeps, codeId: string | ObjectId, locale: Locale): Promise<Message[]> {
  const now = deps.clock.now();
  const code = await deps.codes.findById(new ObjectId(codeId), now);
  if (!code) return [];
  const secret = newSecret();
  if (!(await deps.codes.addSecret(code._id, newLinkSecret(code.purpose, deps.hashLink(secret), now), now))) return [];
  const username =
    code.pending?.username ?? (code.user_id && (await deps.users.findById(code.user_id.toHexString()))?.username);
  if (username === undefined) return [];
  const { page, template } = LINKS[code.purpose];
  const link = linkTo(deps, page, secret);
  return [composeMail(template, locale, code.target, { username, link })];
}

/** @returns null where magic links are not switched on */
export async function composeMagicLink(deps: MessageDeps, user: UserDocument, target: string): Promise<string | null> {
  const { magic_link: isOn, magic_link_url: url } = deps.config.auth;
  if (!isOn) return null;
  const secret = newSecret();
  const now = deps.clock.now();
  const code = newLinkCode('magic_link', { target, user_id: user._id }, now);
  await deps.codes.insert({ ...code, secrets: [newLinkSecret('magic_link', deps.hashLink(secret), now)] });
  return linkTo(deps, url ?? LINKS.magic_link.page, secret);
}

/** Good for as long as its owner has neither signed in nor chosen a password. */
export async function makeInvitation(deps: MessageDeps, user: UserDocument, target: string): Promise<string> {
  const secret = newSecret();
  const now = deps.clock.now();
  const code = newLinkCode('invitation', { target, user_id: user._id }, now);
  await deps.codes.insert({ ...code, secrets: [newLinkSecret('invitation', deps.hashLink(secret), now)] });
  return linkTo(deps, LINKS.invitation.page, secret);
}

/** More claims to one address than this are somebody's game. */
const MAX_CLAIMS = 5;

/**
 * The links of all who claim an address that nobody has proven: who asks for a mail again cannot be told from the others, so
 * each gets one, which names its account. None where there is nothing to prove.
 */
export async function composeVerifications(deps: MessageDeps, email: string, locale: Locale): Promise<Message[]> {
  const now = deps.clock.now();
  const holder = await deps.users.findByLogin({ email });
  if (!holder || holder.email_verified) return [];
  const codes = await deps.codes.listForTarget('verify_email', email, now, MAX_CLAIMS);
  const pending = codes.filter((code) => code.pending).map(({ _id }) => _id);
  // One that lapses before its link would is as good as none.
  const soon = now.getTime() + LINKS.verify_email.life;
  const own = codes.find(({ user_id, expires_at }) => user_id?.equals(holder._id) && expires_at.getTime() >= soon);
  const ids = [
    ...pending,
    own?._id ?? (await insertCode(deps, newLinkCode('verify_email', { target: email, user_id: holder._id }, now))),
  ];
  return (await Promise.all(ids.map((id) => composeLink(deps, id, locale)))).flat();
}

/** Only who has proven the address may choose a new password by it; who has not proves it first. */
export async function composeForgotten(deps: MessageDeps, email: string, locale: Locale): Promise<Message[]> {
  const holder = await deps.users.findByLogin({ email });
  if (!holder?.email_verified) return composeVerifications(deps, email, locale);
  const code = newLinkCode('reset_password', { target: email, user_id: holder._id }, deps.clock.now());
  return composeLink(deps, await insertCode(deps, code), locale);
}

async function insertCode(deps: MessageDeps, code: OneTimeCodeDocument): Promise<ObjectId> {
  await deps.codes.insert(code);
  return code._id;
}
