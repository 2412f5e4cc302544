// auth.sessions: the caller's signed-in devices.
import { ListSessionsInput, SessionIdInput, SessionPage } from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, router } from '../../../procedure.ts';
import { revokeSession } from './end.ts';
import { listSessions } from './list.ts';

export const sessionsRouter = router({
  list: endpoint({ access: 'session', rest: 'GET /auth/sessions', summary: 'List one’s own sessions', limit: 'read' })
    .input(ListSessionsInput)
    .output(SessionPage)
    .query(({ ctx, input }) => listSessions(ctx, input)),

  revoke: endpoint({
    access: 'session',
    rest: 'DELETE /auth/sessions/{id}',
    summary: 'End one of one’s own sessions',
    errors: ['NOT_FOUND'],
    limit: 'write',
    status: 204,
  })
    .input(SessionIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => revokeSession(ctx, input)),
});
