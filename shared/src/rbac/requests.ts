// Contract of requests for access: a role asked for, for a while, and what others say to it.
import { z } from 'zod';
import { Id, line } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';

export const AccessRequestStatus = z.enum(['pending', 'approved', 'declined', 'cancelled', 'lapsed']);
export type AccessRequestStatus = z.output<typeof AccessRequestStatus>;

const Comment = line(500).optional().describe('Told to whoever asked');

export const AccessRequest = z
  .object({
    id: Id,
    user_id: Id,
    username: z.string().nullable(),
    role_id: Id,
    role: z.string().describe('Name of the role'),
    reason: z.string(),
    duration: z.int().describe('Seconds, from the approval on'),
    status: AccessRequestStatus,
    approvals: z.array(z.object({ user_id: Id, at: z.date(), comment: z.string().nullable() })),
    approvals_needed: z.int(),
    decided_by: Id.nullable(),
    closed_at: z.date().nullable().describe('When it was decided, withdrawn or over'),
    comment: z.string().nullable(),
    granted_until: z.date().nullable(),
    created_at: z.date(),
    lapses_at: z.date().describe('When it ends undecided'),
  })
  .meta({ id: 'AccessRequest' });
export type AccessRequest = z.output<typeof AccessRequest>;
export const AccessRequestPage = page(AccessRequest);

export const ListRequestsInput = PageInput.extend({
  whose: z
    .enum(['mine', 'to_decide'])
    .default('mine')
    .describe(
      'to_decide: those of others that role:MANAGE and one’s level let one decide; pending ones unless status says otherwise',
    ),
  status: AccessRequestStatus.optional(),
}).prefault({});
export type ListRequestsInput = z.output<typeof ListRequestsInput>;

export const CreateRequestInput = z.strictObject({
  role: line(64).describe('Name or id').meta({ example: 'Editor' }),
  reason: line(500).meta({ example: '值班期间处理线上故障' }),
  duration: z
    .int()
    .min(900)
    .max(90 * 86_400)
    .describe('Seconds for which the role is wanted: a quarter of an hour to 90 days')
    .meta({ example: 3600 }),
});
export type CreateRequestInput = z.output<typeof CreateRequestInput>;

export const DecideRequestInput = z.strictObject({ id: Id, comment: Comment });
export type DecideRequestInput = z.output<typeof DecideRequestInput>;

export const RequestIdInput = z.strictObject({ id: Id });
