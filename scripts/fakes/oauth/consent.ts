// The page on which a person chooses who to be: a link for each, no script; with `?as=` in the address the choice is made.
import { type FakeReply, type FakeRequest, redirect } from './server.ts';

export interface FakePerson<Facts = unknown> {
  /** On the button. */
  readonly label: string;
  /** What the provider tells of them, in its own names. Tests may change it. */
  readonly profile: Record<string, unknown>;
  /** What it knows beside that, or tells elsewhere. */
  readonly facts?: Facts;
}

export type People<Facts = unknown> = Record<string, FakePerson<Facts>>;

interface Consent {
  readonly title: string;
  readonly people: People;
  /** The parameters that the browser goes back with. */
  readonly allow: (person: string) => Record<string, string>;
  readonly deny: Record<string, string>;
  /** Beside those. */
  readonly always?: Record<string, string>;
}

/** `?as=deny` says no. */
export function askConsent(
  { query, url }: FakeRequest,
  { title, people, allow, deny, always = {} }: Consent,
): FakeReply {
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!/^https?:/.test(redirectUri) || !URL.canParse(redirectUri)) return complain('redirect_uri is no URL');
  const choice = query.get('as');
  if (choice === null) return showPage(url, title, people);
  if (choice !== 'deny' && !Object.hasOwn(people, choice)) return complain(`nobody is called ${choice}`);
  const back = new URL(redirectUri);
  const answer = { ...(choice === 'deny' ? deny : allow(choice)), state: query.get('state') ?? '', ...always };
  for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
  return redirect(back);
}

export const complain = (message: string): FakeReply => ({ status: 400, body: message });

function showPage(url: URL, title: string, people: People): FakeReply {
  const choose = (as: string, label: string) => {
    const target = new URL(url);
    target.searchParams.set('as', as);
    return `<p><a href="${escapeHtml(target.pathname + target.search)}">${escapeHtml(label)}</a></p>`;
  };
  const choices = [
    ...Object.entries(people).map(([id, { label }]) => [id, label] as const),
    ['deny', '拒绝 / Deny'] as const,
  ];
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    },
    body: `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem; text-align: center }
  a { display: block; padding: .75rem; border: 1px solid; border-radius: .5rem; text-decoration: none }
</style>
<h1>${escapeHtml(title)}</h1>
<p>本地模拟，仅供开发和测试。<br>A local fake, for development and tests.</p>
${choices.map(([id, label]) => choose(id, label)).join('\n')}
</html>
`,
  };
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
