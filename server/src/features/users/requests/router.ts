// rbac.requests: a role asked for, for a while, and granted by others.
import {
  AccessRequest,
  AccessRequestPage,
  CreateRequestInput,
  DecideRequestInput,
  ListRequestsInput,
  RequestIdInput,
} from '@authcenter/shared';
import { endpoint, router } from '../../../procedure.ts';
import { cancelRequest, createRequest } from './create.ts';
import { approveRequest, declineRequest } from './decide.ts';
import { listRequests } from './list.ts';

export const requestsRouter = router({
  list: endpoint({
    access: ['session', 'role:MANAGE'],
    rest: 'GET /rbac/requests',
    summary: 'List one’s own requests for access, or those one may decide, newest first',
    limit: 'read',
  })
    .input(ListRequestsInput)
    .output(AccessRequestPage)
    .query(({ ctx, input }) => listRequests(ctx, input)),

  create: endpoint({
    access: 'session',
    rest: 'POST /rbac/requests',
    summary: 'Ask for a role for a while, for oneself',
    errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'IDEMPOTENCY_CONFLICT'],
    limit: 'write',
    status: 201,
    idempotent: true,
  })
    .input(CreateRequestInput)
    .output(AccessRequest)
    .mutation(({ ctx, input }) => createRequest(ctx, input)),

  approve: endpoint({
    access: 'role:MANAGE',
    rest: 'POST /rbac/requests/{id}/approve',
    summary: 'Approve somebody else’s request: the role is theirs from now on, for as long as they asked',
    errors: ['NOT_FOUND', 'INVALID_TRANSITION', 'ALREADY_EXISTS', 'STEP_UP_REQUIRED'],
    limit: 'write',
  })
    .input(DecideRequestInput)
    .output(AccessRequest)
    .mutation(({ ctx, input }) => approveRequest(ctx, input)),

  decline: endpoint({
    access: 'role:MANAGE',
    rest: 'POST /rbac/requests/{id}/decline',
    summary: 'Decline somebody else’s request',
    errors: ['NOT_FOUND', 'INVALID_TRANSITION'],
    limit: 'write',
  })
    .input(DecideRequestInput)
    .output(AccessRequest)
    .mutation(({ ctx, input }) => declineRequest(ctx, input)),

  cancel: endpoint({
    access: 'session',
    rest: 'POST /rbac/requests/{id}/cancel',
    summary: 'Withdraw one’s own request',
    errors: ['NOT_FOUND', 'INVALID_TRANSITION'],
    limit: 'write',
  })
    .input(RequestIdInput)
    .output(AccessRequest)
    .mutation(({ ctx, input }) => cancelRequest(ctx, input)),
});
