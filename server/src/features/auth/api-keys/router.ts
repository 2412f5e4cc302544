// auth.apiKeys: keys for programs that act for the caller.
import { ApiKeyIdInput, ApiKeyPage, CreateApiKeyInput, CreatedApiKey, ListApiKeysInput } from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, router } from '../../../procedure.ts';
import { createApiKey, listApiKeys, revokeApiKey } from './service.ts';

export const apiKeysRouter = router({
  list: endpoint({
    access: 'session',
    rest: 'GET /auth/api-keys',
    summary: 'List one’s own API keys, newest first',
    limit: 'read',
  })
    .input(ListApiKeysInput)
    .output(ApiKeyPage)
    .query(({ ctx, input }) => listApiKeys(ctx, input)),

  create: endpoint({
    access: 'session',
    rest: 'POST /auth/api-keys',
    summary: 'Make a key for a program that acts for oneself, within scopes; it is shown this once',
    errors: ['EMAIL_NOT_VERIFIED'],
    limit: 'write',
    stepUp: true,
    status: 201,
  })
    .input(CreateApiKeyInput)
    .output(CreatedApiKey)
    .mutation(({ ctx, input }) => createApiKey(ctx, input)),

  revoke: endpoint({
    access: 'session',
    rest: 'DELETE /auth/api-keys/{id}',
    summary: 'End one of one’s own API keys',
    errors: ['NOT_FOUND'],
    limit: 'write',
    status: 204,
  })
    .input(ApiKeyIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => revokeApiKey(ctx, input)),
});
