// The same package from a CommonJS module.
import client = require('@authcenter/client');
import passkeys = require('@authcenter/client/passkeys');
import qr = require('@authcenter/client/qr');
import react = require('@authcenter/client/react');
import query = require('@authcenter/client/react-query');

import { QueryClient } from '@tanstack/react-query';

const center = client.createAuthCenter({ url: 'https://auth.example.com' });
const { api, auth } = center;
export const created: Promise<Date> = api.users.get.query({ id: 'x' }).then((user) => user.created_at);
export const token: Promise<string | null> = passkeys
  .loginWithPasskey(center)
  .then((result) => (result.status === 'mfa_required' ? result.mfa_token : null));
export const svg: string = qr.renderQr('https://auth.example.com');
// @ts-expect-error a permission is a text
auth.can(7);
// @ts-expect-error nowhere to show the code
void qr.signInByQr(center, {});
export const mayPublish = (): boolean => react.useCan('knowledge:PUBLISH');
const queryClient = new QueryClient();
export const user = queryClient
  .ensureQueryData(query.createQueries(center, queryClient).users.get.queryOptions({ id: 'x' }))
  .then(({ created_at }): Date => created_at);
// @ts-expect-error a permission is a text
export const useWrongly = () => react.useCan(7);
// @ts-expect-error no cache
query.createQueries(center);

import verify = require('@authcenter/client/verify');
export const name: Promise<string> = verify
  .createVerifier({ url: 'https://auth.example.com' })
  .verifyToken('x')
  .then(({ username }) => username);

import trpc = require('@authcenter/client/trpc');
import hono = require('@authcenter/client/hono');
import express = require('@authcenter/client/express');
import fastify = require('@authcenter/client/fastify');
import next = require('@authcenter/client/next');
for (const { createAuth } of [trpc, hono, express, fastify, next]) createAuth({ url: 'https://auth.example.com' });
