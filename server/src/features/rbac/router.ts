// What may be asked about roles, permissions and rights, and by whom.
import {
  CheckInput,
  CheckManyInput,
  CheckManyResult,
  CheckResult,
  ExplainInput,
  Explanation,
  HolderPage,
  WhoCanInput,
} from '@authcenter/shared';
import { self } from '../../access.ts';
import { endpoint, router } from '../../procedure.ts';
import { explainPermission } from './explain.ts';
import { permissionsRouter } from './permissions/router.ts';
import { rolesRouter } from './roles/router.ts';
import { checkPermission, checkPermissions } from './service.ts';
import { whoCan } from './who-can.ts';

export const rbacRouter = router({
  roles: rolesRouter,
  permissions: permissionsRouter,

  check: endpoint({
    access: [self('user_id'), 'user:READ', 'client:rbac:check'],
    rest: 'POST /rbac/check',
    summary: 'Ask whether a user may do something, and why',
    limit: 'verify',
  })
    .input(CheckInput)
    .output(CheckResult)
    .query(({ ctx, input }) => checkPermission(ctx, input)),

  checkMany: endpoint({
    access: [self('checks[].user_id'), 'user:READ', 'client:rbac:check'],
    rest: 'POST /rbac/check-many',
    summary: 'Ask up to 100 checks at once',
    limit: 'verify',
  })
    .input(CheckManyInput)
    .output(CheckManyResult)
    .query(({ ctx, input }) => checkPermissions(ctx, input)),

  explain: endpoint({
    access: [self('user_id'), 'user:READ'],
    rest: 'POST /rbac/explain',
    summary: 'Ask why a user may do something or not, and what would help',
    limit: 'read',
  })
    .input(ExplainInput)
    .output(Explanation)
    .query(({ ctx, input }) => explainPermission(ctx, input)),

  whoCan: endpoint({
    access: 'user:READ',
    rest: 'GET /rbac/who-can',
    summary: 'List by user name who may do something now, by which roles and until when',
    limit: 'read',
  })
    .input(WhoCanInput)
    .output(HolderPage)
    .query(({ ctx, input }) => whoCan(ctx, input)),
});
