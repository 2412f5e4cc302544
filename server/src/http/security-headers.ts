// Helmet's headers. They depend on nothing in a request, so they are worked out once and cost each answer no more than their bytes.
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance } from 'fastify';

/** What the framework itself puts on every answer. */
const NOT_HELMETS = new Set(['content-length', 'content-type', 'date', 'connection']);

export async function addSecurityHeaders(app: FastifyInstance): Promise<void> {
  const headers = await listHelmetHeaders(app.deps.config.server.mode === 'production');
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

async function listHelmetHeaders(isProduction: boolean): Promise<Readonly<Record<string, string>>> {
  const probe = Fastify();
  await probe.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
    },
    strictTransportSecurity: isProduction,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
  probe.get('/', async () => '');
  const { headers } = await probe.inject('/');
  await probe.close();
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (NOT_HELMETS.has(name) ? [] : [[name, String(value)]])),
  );
}
