// system.audit: who reads what was done, and holds it against its seals.
import {
  AuditExportItem,
  AuditPage,
  AuditVerification,
  ExportAuditInput,
  ListAuditInput,
  VerifyAuditInput,
} from '@authcenter/shared';
import { endpoint, router, streamOf } from '../../../procedure.ts';
import { exportAudit, listAudit, verifyAudit } from './service.ts';

export const auditRouter = router({
  list: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /audit-logs',
    summary: 'List what was done, newest first',
    limit: 'read',
  })
    .input(ListAuditInput)
    .output(AuditPage)
    .query(({ ctx, input }) => listAudit(ctx, input)),

  verify: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /audit-logs/verify',
    summary: 'Hold the lines of the audit against their seals',
    limit: 'strict',
  })
    .input(VerifyAuditInput)
    .output(AuditVerification)
    .query(({ ctx, input }) => verifyAudit(ctx, input)),

  export: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /audit-logs/export',
    summary: 'Hand out the audit as JSON lines, with its seals',
    limit: 'strict',
    produces: 'application/x-ndjson',
  })
    .input(ExportAuditInput)
    .output(streamOf(AuditExportItem))
    .subscription(({ ctx, input }) => exportAudit(ctx, input)),
});
