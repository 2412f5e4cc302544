// What may be asked about the installation itself, and by whom.
import { Stats, StatsInput } from '@authcenter/shared';
import { endpoint, router } from '../../procedure.ts';
import { auditRouter } from './audit/router.ts';
import { clientsRouter } from './clients/router.ts';
import { settingsRouter } from './settings/router.ts';
import { readStats } from './stats/service.ts';
import { webhooksRouter } from './webhooks/router.ts';

export const systemRouter = router({
  audit: auditRouter,
  clients: clientsRouter,
  config: settingsRouter,
  webhooks: webhooksRouter,

  stats: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /system/stats',
    summary: 'Count sign-ins, failures, registrations and verifications by hour or day',
    limit: 'read',
  })
    .input(StatsInput)
    .output(Stats)
    .query(({ ctx, input }) => readStats(ctx, input)),
});
