// /health/live, /health/ready with reasons, /metrics, and the key set.

import { timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Database } from '../database/client.ts';
import { AppError } from '../errors.ts';
import { isLoopback } from './request.ts';

interface Check {
  readonly ok: boolean;
  readonly reason?: string;
}

export const healthPlugin: FastifyPluginAsync = async (app) => {
  const { deps } = app;

  app.get('/health/live', async () => ({ status: 'ok' }));

  app.get('/health/ready', async (_request, reply) => {
    const checks: Record<string, Check> = {
      serving: app.isStopping() ? { ok: false, reason: 'the server is stopping' } : { ok: true },
      database: await pingDatabase(deps.database),
      keys: deps.keys.jwks().keys.length > 0 ? { ok: true } : { ok: false, reason: 'no signing key' },
      feed: deps.live.isStalled()
        ? { ok: false, reason: `the change stream has been silent for ${Math.round(deps.live.lagSeconds())} s` }
        : { ok: true },
    };
    const ready = Object.values(checks).every(({ ok }) => ok);
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable', checks });
  });

  app.get('/.well-known/jwks.json', async (_request, reply) =>
    reply
      .header('cache-control', 'public, max-age=300')
      .type('application/jwk-set+json')
      .send(JSON.stringify(deps.keys.jwks())),
  );

  // With a port of its own it is served there instead.
  if (deps.config.metrics.port === undefined) addMetricsRoute(app);
};

/** A probe has no time for the driver's own patience. */
const PROBE_TIMEOUT = 2_000;

async function pingDatabase(database: Database): Promise<Check> {
  const silence = sleep(
    PROBE_TIMEOUT,
    { ok: false, reason: `no answer within ${PROBE_TIMEOUT / 1000} s` },
    { ref: false },
  );
  const answer = database.ping().then(
    () => ({ ok: true }),
    (error: unknown) => ({ ok: false, reason: error instanceof Error ? error.name : 'unreachable' }),
  );
  return Promise.race([answer, silence]);
}

export function addMetricsRoute(app: FastifyInstance): void {
  const { deps } = app;
  const { token, port } = deps.config.metrics;
  app.get('/metrics', async (request, reply) => {
    const allowed =
      token === undefined
        ? port !== undefined || isLoopback(request)
        : sameSecret(request.headers.authorization ?? '', `Bearer ${token}`);
    if (!allowed) throw new AppError('NOT_FOUND');
    return reply.type(deps.metrics.registry.contentType).send(await deps.metrics.registry.metrics());
  });
}

/** Compares in constant time; lengths are no secret here. */
function sameSecret(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
