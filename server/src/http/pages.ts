// Pages for people that need no script: /verify-email. Opening the link spends nothing, for mail scanners open links; its button does.
import { createHash } from 'node:crypto';
import formbody from '@fastify/formbody';
import { callTRPCProcedure } from '@trpc/server';
import { Eta } from 'eta';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { answerError } from '../answer-error.ts';
import { appRouter } from '../router.ts';
import { createContext, readLanguage } from './request.ts';

const STYLE = `body{font:16px/1.6 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:#f4f6f8;color:#1d2733}
main{background:#fff;padding:2.5rem;border-radius:12px;box-shadow:0 2px 16px #1d273318;max-width:26rem;margin:1rem}
h1{font-size:1.35rem;margin:0 0 .75rem}p{margin:0 0 1.5rem}
button{font:inherit;font-weight:600;color:#fff;background:#1f5eff;border:0;border-radius:8px;padding:.7rem 1.4rem;cursor:pointer}
button:focus-visible{outline:3px solid #9db8ff}.muted{color:#5b6875;margin:0}`;

const CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`;

const PAGE = `<!doctype html>
<html lang="<%= it.lang %>"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title><%= it.title %></title><style>${STYLE}</style></head>
<body><main><h1><%= it.title %></h1><p<% if (!it.token) { %> class="muted"<% } %>><%= it.text %><% if (it.account) { %> <strong><%= it.account %></strong><% } %></p><% if (it.token) { %><form method="post" action="/verify-email"><input type="hidden" name="token" value="<%= it.token %>"><button type="submit"><%= it.button %></button></form><% } %></main></body></html>`;

const TEXTS = {
  en: {
    ask: {
      title: 'Confirm your e-mail address',
      text: 'Press the button to confirm that this address is yours and belongs to this account:',
      button: 'Confirm',
    },
    done: { title: 'Address confirmed', text: 'Thank you. You can close this page and sign in.' },
    missing: {
      title: 'This link is not complete',
      text: 'Open the link from the mail as a whole, or ask for a new one.',
    },
    failed: {
      title: 'This link no longer works',
      text: 'It was used already, or more than 24 hours have passed. Ask for a new one.',
    },
  },
  zh: {
    ask: { title: '验证您的邮箱', text: '请点击按钮，确认此邮箱属于您，并用于此账号：', button: '确认' },
    done: { title: '邮箱已验证', text: '谢谢。您可以关闭此页面并登录。' },
    missing: { title: '链接不完整', text: '请完整打开邮件中的链接，或重新申请。' },
    failed: { title: '链接已失效', text: '链接已被使用或已超过 24 小时，请重新申请。' },
  },
} as const;

const eta = new Eta({ autoEscape: true });

export const pagesPlugin: FastifyPluginAsync = async (app) => {
  // Here alone: a form can be posted from any page of the web without asking first.
  await app.register(formbody);

  app.get('/verify-email', async (request, reply) => {
    const token = readToken(request.query);
    return token === null
      ? sendPage(request, reply.code(400), 'missing')
      : sendPage(request, reply, 'ask', { token, account: readField(request.query, 'account').slice(0, 64) });
  });

  app.post('/verify-email', async (request, reply) => {
    const token = readToken(request.body);
    if (token === null) return sendPage(request, reply.code(400), 'missing');
    try {
      const ctx = createContext(app.deps, request, reply, { door: 'rest' });
      await callTRPCProcedure({
        router: appRouter,
        path: 'auth.email.verify',
        type: 'mutation',
        ctx,
        getRawInput: async () => ({ token }),
        signal: undefined,
        batchIndex: 0,
      });
      return sendPage(request, reply, 'done');
    } catch (error) {
      const { status } = answerError(error, { id: request.id, language: () => 'en' });
      // A wrong link is told on the page; what is our fault, or too much, by its own answer.
      if (status === 401 || status === 400) return sendPage(request, reply.code(400), 'failed');
      throw error;
    }
  });
};

function readToken(from: unknown): string | null {
  const token = readField(from, 'token');
  return /^[A-Za-z0-9_-]{20,200}$/.test(token) ? token : null;
}

function readField(from: unknown, name: string): string {
  const value = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
  return typeof value === 'string' ? value : '';
}

function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: keyof (typeof TEXTS)['en'],
  link: { readonly token: string; readonly account: string } | null = null,
): FastifyReply {
  const language = readLanguage(request);
  const html = eta.renderString(PAGE, {
    lang: language === 'zh' ? 'zh-CN' : 'en',
    token: null,
    account: null,
    button: '',
    ...link,
    ...TEXTS[language][page],
  });
  return reply.header('content-security-policy', CSP).type('text/html; charset=utf-8').send(html);
}
