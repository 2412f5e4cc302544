// auth.contact and auth.account: one's own addresses, and leaving.
import { AccountDeletion, BindContactInput, RemoveContactInput, User } from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, NoInput, router } from '../../../procedure.ts';
import { bindContact, removeContact } from './contact.ts';
import { requestDeletion } from './deletion.ts';

export const contactRouter = router({
  bind: endpoint({
    access: 'session',
    rest: 'POST /auth/contact',
    summary: 'Take an e-mail address or phone number as one’s own, by the code sent there',
    errors: ['INVALID_CODE', 'ALREADY_EXISTS', 'ACCOUNT_LOCKED', 'NOT_FOUND'],
    limit: 'login',
    stepUp: true,
  })
    .input(BindContactInput)
    .output(User)
    .mutation(({ ctx, input }) => bindContact(ctx, input)),

  remove: endpoint({
    access: 'session',
    rest: 'DELETE /auth/contact',
    summary: 'Give up one’s e-mail address or phone number',
    errors: ['NOT_FOUND', 'LAST_CREDENTIAL', 'INVALID_TRANSITION'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(RemoveContactInput)
    .output(z.void())
    .mutation(({ ctx, input }) => removeContact(ctx, input)),
});

export const accountRouter = router({
  delete: endpoint({
    access: 'session',
    rest: 'DELETE /auth/account',
    summary: 'Leave: the account is deleted in 15 days, unless its owner signs in before',
    errors: ['LAST_ADMIN', 'NOT_FOUND'],
    limit: 'write',
    stepUp: true,
    status: 202,
  })
    .input(NoInput)
    .output(AccountDeletion)
    .mutation(({ ctx }) => requestDeletion(ctx)),
});
