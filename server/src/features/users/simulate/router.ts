// Who would gain or lose what by a change, asked by those who may make it.
import { SimulateInput, Simulation } from '@authcenter/shared';
import { endpoint, router } from '../../../procedure.ts';
import { simulateChange } from './service.ts';

export const simulateRouter = router({
  simulate: endpoint({
    access: 'role:MANAGE',
    rest: 'POST /rbac/simulate',
    summary: 'Ask who would gain or lose what by a change, without making it',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(SimulateInput)
    .output(Simulation)
    .query(({ ctx, input }) => simulateChange(ctx, input)),
});
