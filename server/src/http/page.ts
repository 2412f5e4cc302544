// The frame of every page for people: no script, styles by hash, one box with a title, a text and perhaps a form.
import { createHash } from 'node:crypto';
import { Eta } from 'eta';
import type { FastifyReply } from 'fastify';

const STYLE = `body{font:16px/1.6 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:#f4f6f8;color:#1d2733}
main{background:#fff;padding:2.5rem;border-radius:12px;box-shadow:0 2px 16px #1d273318;max-width:26rem;margin:1rem}
h1{font-size:1.35rem;margin:0 0 .75rem}p{margin:0 0 1.5rem}.muted{color:#5b6875;margin:0}.error{color:#b3261e}
label{display:block;margin:0 0 1.25rem;font-weight:600}input{font:inherit;display:block;width:100%;box-sizing:border-box;margin-top:.35rem;padding:.6rem .75rem;border:1px solid #b7c1cc;border-radius:8px}
button{font:inherit;font-weight:600;color:#fff;background:#1f5eff;border:0;border-radius:8px;padding:.7rem 1.4rem;cursor:pointer}
button:focus-visible,input:focus-visible{outline:3px solid #9db8ff}`;

const CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`;

const PAGE = `<!doctype html>
<html lang="<%= it.lang %>"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title><%= it.title %></title><style>${STYLE}</style></head>
<body><main><h1><%= it.title %></h1><p<% if (!it.form) { %> class="muted"<% } %>><%= it.text %><% if (it.account) { %> <strong><%= it.account %></strong><% } %></p><% if (it.form) { %><form method="post" action="<%= it.form.action %>"><% if (it.form.error) { %><p class="error" role="alert"><%= it.form.error %></p><% } %><% for (const [name, value] of it.form.hidden) { %><input type="hidden" name="<%= name %>" value="<%= value %>"><% } %><% if (it.form.password) { %><label><%= it.form.password %><input type="password" name="new_password" autocomplete="new-password" required></label><% } %><button type="submit"><%= it.form.button %></button></form><% } %></main></body></html>`;

const eta = new Eta({ autoEscape: true });

export interface PageForm {
  readonly action: string;
  readonly hidden: readonly (readonly [string, string])[];
  readonly button: string;
  /** Label of a field for a new password. */
  readonly password?: string;
  readonly error?: string;
  /** It is answered by a cookie, which is given to our own pages alone. */
  readonly setsCookie?: boolean;
}

export interface Page {
  readonly language: 'zh' | 'en';
  readonly title: string;
  readonly text: string;
  /** The account it is about, named behind the text. */
  readonly account?: string;
  readonly form?: PageForm;
}

export function sendPage(reply: FastifyReply, { language, account, form, ...texts }: Page): FastifyReply {
  const html = eta.renderString(PAGE, {
    lang: language === 'zh' ? 'zh-CN' : 'en',
    account: account ?? null,
    form: form ? { error: null, password: null, ...form } : null,
    ...texts,
  });
  return (
    reply
      .header('content-security-policy', CSP)
      // Without any referrer a browser posts its form from the origin "null".
      .header('referrer-policy', form?.setsCookie ? 'same-origin' : 'no-referrer')
      .type('text/html; charset=utf-8')
      .send(html)
  );
}
