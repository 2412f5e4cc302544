// system.clients: who administers the applications that rely on this server.
import {
  Client,
  ClientIdInput,
  ClientPage,
  CreateClientInput,
  CreatedClient,
  ListClientsInput,
  NewClientSecret,
  RotateClientSecretInput,
  UpdateClientInput,
} from '@authcenter/shared';
import { z } from 'zod';
import { endpoint, router } from '../../../procedure.ts';
import { createClient, deleteClient, getClient, listClients, rotateClientSecret, updateClient } from './service.ts';

export const clientsRouter = router({
  list: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /clients',
    summary: 'List clients, newest first',
    limit: 'read',
  })
    .input(ListClientsInput)
    .output(ClientPage)
    .query(({ ctx, input }) => listClients(ctx, input)),

  get: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /clients/{id}',
    summary: 'Read a client',
    errors: ['NOT_FOUND'],
    limit: 'read',
  })
    .input(ClientIdInput)
    .output(Client)
    .query(({ ctx, input }) => getClient(ctx, input)),

  create: endpoint({
    access: 'system:CONFIG',
    rest: 'POST /clients',
    summary: 'Make an application known; its secret is shown this once',
    limit: 'write',
    stepUp: true,
    status: 201,
  })
    .input(CreateClientInput)
    .output(CreatedClient)
    .mutation(({ ctx, input }) => createClient(ctx, input)),

  update: endpoint({
    access: 'system:CONFIG',
    rest: 'PUT /clients/{id}',
    summary: 'Change a client',
    errors: ['NOT_FOUND', 'VERSION_CONFLICT', 'BUILTIN_PROTECTED'],
    limit: 'write',
    stepUp: true,
  })
    .input(UpdateClientInput)
    .output(Client)
    .mutation(({ ctx, input }) => updateClient(ctx, input)),

  delete: endpoint({
    access: 'system:CONFIG',
    rest: 'DELETE /clients/{id}',
    summary: 'Remove a client; the sessions opened through it end',
    errors: ['NOT_FOUND', 'BUILTIN_PROTECTED'],
    limit: 'write',
    stepUp: true,
    status: 204,
  })
    .input(ClientIdInput)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteClient(ctx, input)),

  rotateSecret: endpoint({
    access: 'system:CONFIG',
    rest: 'POST /clients/{id}/rotate-secret',
    summary: 'Give a client a new secret; the one before goes on working for a while',
    errors: ['NOT_FOUND', 'VERSION_CONFLICT'],
    limit: 'write',
    stepUp: true,
    status: 201,
  })
    .input(RotateClientSecretInput)
    .output(NewClientSecret)
    .mutation(({ ctx, input }) => rotateClientSecret(ctx, input)),
});
