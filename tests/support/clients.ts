// Applications for tests: straight in the database, or made known by an administrator as people do it.
import { ObjectId } from 'mongodb';
import type { Deps } from '../../server/src/deps.ts';
import { type ClientDocument, toLiveClient } from '../../server/src/features/system/clients/repository.ts';
import type { Answer, TestServer } from './server.ts';

/** A service of this id with these scopes; one that is there already is left as it is. */
export async function insertClient(deps: Deps, id: string, scopes: readonly string[]): Promise<void> {
  const now = deps.clock.now();
  const client: ClientDocument = {
    _id: new ObjectId(id),
    name: `Client ${id}`,
    kind: 'service',
    redirect_uris: [],
    scopes: [...scopes],
    secrets: [],
    version: 1,
    created_by: null,
    created_at: now,
    updated_at: now,
  };
  const clients = deps.database.db.collection<ClientDocument>('clients');
  const { upsertedCount } = await clients.updateOne({ _id: client._id }, { $setOnInsert: client }, { upsert: true });
  if (upsertedCount === 1) deps.live.setClient(id, toLiveClient(client));
}

export interface TestClient {
  readonly id: string;
  readonly secret: string;
}

/** @param fields - beside name and kind `service` */
export async function createClient(server: TestServer, admin: string, fields: object = {}): Promise<TestClient> {
  const body = { name: '报销系统', kind: 'service', ...fields };
  const { status, body: answer } = await server.rest('POST', '/clients', { token: admin, body });
  if (status !== 201) throw new Error(`system.clients.create answered ${status}: ${JSON.stringify(answer)}`);
  return { id: answer.client_id, secret: answer.client_secret };
}

/** The token endpoint, as a form with HTTP Basic. */
export const requestToken = (server: TestServer, client: TestClient, form: Record<string, string>) =>
  server.rest('POST', '/auth/token', {
    body: new URLSearchParams(form).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`,
    },
  });

/** @throws Error when none is granted */
export async function getClientToken(server: TestServer, client: TestClient, scope?: string): Promise<string> {
  const form = { grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) };
  const { status, body }: { status: number; body: Answer } = await requestToken(server, client, form);
  if (status !== 200) throw new Error(`auth.token answered ${status}: ${JSON.stringify(body)}`);
  return body.access_token;
}
