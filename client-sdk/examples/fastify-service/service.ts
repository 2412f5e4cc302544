// A service with two doors: whoever is signed in reads reports, whoever may create documents writes one.
import { createAuth } from '@authcenter/client/fastify';
import Fastify from 'fastify';

const auth = createAuth({
  url: process.env['AUTHCENTER_URL'] ?? 'http://127.0.0.1:8080',
  clientId: process.env['CLIENT_ID'] ?? '',
  clientSecret: process.env['CLIENT_SECRET'] ?? '',
});
const app = Fastify({ forceCloseConnections: true });
const reports: { author: string; text: string }[] = [];

app.get('/reports', { onRequest: auth.requireAuth() }, async () => reports);

app.post<{ Body: { text: string } }>(
  '/reports',
  {
    onRequest: auth.requirePermission('knowledge', 'CREATE'),
    schema: { body: { type: 'object', required: ['text'], properties: { text: { type: 'string', maxLength: 1000 } } } },
  },
  async (request, reply) => {
    const report = { author: request.auth?.username ?? '', text: request.body.text };
    reports.push(report);
    return reply.code(201).send(report);
  },
);

app.addHook('onClose', async () => auth.verifier.close());
process.once('SIGTERM', () => void app.close());
console.log(`listening on ${await app.listen({ port: Number(process.env['PORT'] ?? 3000), host: '127.0.0.1' })}`);
