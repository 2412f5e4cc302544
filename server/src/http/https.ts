// In production nothing is served over plain HTTP, unless the configuration allows it by name.
import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';

export function requireHttps(app: FastifyInstance): void {
  const { server, security } = app.deps.config;
  if (server.mode !== 'production' || !security.require_https || security.allow_insecure.includes('http')) return;
  app.addHook('onRequest', async (request, reply) => {
    // Probes come from the inside.
    if (request.protocol === 'https' || request.url.startsWith('/health/')) return;
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new AppError('VALIDATION_FAILED', {
        detail: 'Use https: what was sent over plain http may have been read by others',
      });
    // To the configured address, never to a host that the request names: in a header, as `//host/`, or as a whole URL.
    if (!request.url.startsWith('/')) throw new AppError('NOT_FOUND');
    return reply.redirect(new URL(app.deps.publicUrl()).origin + request.url, 308);
  });
}
