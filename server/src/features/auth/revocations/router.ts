// auth.revocations: the feed for services.
import { RevocationBatch, RevocationsInput } from '@authcenter/shared';
import { endpoint, streamOf } from '../../../procedure.ts';
import { followRevocations } from './service.ts';

export const revocationsProcedure = endpoint({
  access: 'client:feed:read',
  rest: 'GET /auth/revocations',
  summary: 'Follow what takes force from tokens, as events or by asking again with the cursor',
  errors: ['DEPENDENCY_UNAVAILABLE'],
  limit: 'verify',
})
  .input(RevocationsInput)
  .output(streamOf(RevocationBatch))
  .subscription(({ ctx, input, signal }) => followRevocations(ctx, input, signal ?? ctx.request.signal()));
