// The development outbox: stands in for a phone and a mailbox. Development mode only, to loopback addresses only.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Eta } from 'eta';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { isLoopback } from './request.ts';

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:46rem;padding:0 1rem;background:#f4f6f8;color:#1d2733}
article{background:#fff;border-radius:10px;padding:1rem 1.25rem;margin:0 0 1rem;box-shadow:0 1px 8px #1d273314}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin:0}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.5rem 0 0}.meta{color:#5b6875;font-size:.85rem}a{overflow-wrap:anywhere}code{font-size:1.3rem}`;

const CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Development outbox</title><style>${STYLE}</style></head><body><h1>Development outbox</h1>
<% if (it.items.length === 0) { %><p>Nothing was sent yet.</p><% } %>
<% for (const item of it.items) { %><article><h2><%= item.subject %></h2><p class="meta"><%= item.channel %> to <%= item.to %>, <%= item.created_at.toISOString() %></p><pre><%= item.text %></pre><% if (item.code) { %><p><code><%= item.code %></code></p><% } %><% if (item.link) { %><p><a href="<%= item.link %>">Open the link</a></p><% } %></article><% } %></body></html>`;

const eta = new Eta({ autoEscape: true });
const ONE = 'must be one address or number';
const SECONDS = 'must be seconds, from 0 to 10';
const Query = z.object({
  to: z.string(ONE).max(254, ONE).toLowerCase().optional(),
  // What is sent leaves after the answer that promised it: a script that reads its code at once may wait for it.
  wait: z.coerce.number(SECONDS).min(0, SECONDS).max(10, SECONDS).default(0),
});
const POLL_MS = 50;

export const devOutboxPlugin: FastifyPluginAsync = async (app) => {
  app.get('/dev/outbox', async (request, reply) => {
    if (!isLoopback(request) || !namesThisMachine(request, app.deps.publicUrl())) throw new AppError('NOT_FOUND');
    const query = Query.safeParse(request.query);
    if (!query.success)
      throw new AppError('VALIDATION_FAILED', {
        errors: query.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
      });
    const { to, wait } = query.data;
    const deadline = Date.now() + wait * 1000;
    let messages = await app.deps.devMessages.list(to);
    while (messages.length === 0 && Date.now() < deadline && !request.raw.destroyed) {
      await sleep(POLL_MS);
      messages = await app.deps.devMessages.list(to);
    }
    const items = messages.map(({ _id, ...message }) => ({ id: _id.toHexString(), ...message }));
    if (!(request.headers.accept ?? '').includes('text/html')) return reply.send({ items });
    return reply
      .header('content-security-policy', CSP)
      .type('text/html; charset=utf-8')
      .send(eta.renderString(PAGE, { items }));
  });
};

/** A foreign page can have its own name resolve to this machine (DNS rebinding); the Host header then gives it away. */
function namesThisMachine(request: FastifyRequest, publicUrl: string): boolean {
  // The header itself: `request.host` believes X-Forwarded-Host, which such a page can set, where a proxy is trusted.
  const named = URL.parse(`http://${request.headers.host}`)?.hostname;
  return named !== undefined && ['localhost', '127.0.0.1', '[::1]', new URL(publicUrl).hostname].includes(named);
}
