// Clients that register, sign in, refresh, grant and sign out without end, try again whatever happens, and write down what they were told is done.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './server.ts';
import { ADMINISTRATOR } from './server-process.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Answer;
}

export interface RestCall {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function callRest(url: string, method: string, path: string, call: RestCall = {}): Promise<Reply> {
  const { token, body, headers = {} } = call;
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

interface Pair {
  readonly access: string;
  readonly refresh: string;
}

/** What the clients hold the server to. */
export interface Ledger {
  /** Granted once each; the user's id. */
  readonly grants: string[];
  readonly standing: Pair[];
  readonly ended: Pair[];
}

export interface CrashLoad {
  readonly ledger: Ledger;
  /** Acts acknowledged so far. */
  done(): number;
  /** Refusals so far of the kind that a client tries again: 503 with a time. */
  refusals(): readonly Reply[];
  /** The longest time, in ms, in which no client was told of a success. */
  longestPause(): number;
  /** Lets every client finish what it is at; rejects when one could not. */
  finish(): Promise<void>;
}

const PASSWORD = 'a long enough password';
/** However long the database is away, in ms: one that takes longer has not come back. */
const PATIENCE = 60_000;

export async function startCrashLoad(url: string, clients: number): Promise<CrashLoad & { roleId: string }> {
  const admin = await signInAdministrator(url);
  const roles = await callRest(url, 'GET', '/roles', { token: admin });
  const roleId: string = roles.body.items.find(({ name }: { name: string }) => name === 'Editor').id;
  const ledger: Ledger = { grants: [], standing: [], ended: [] };
  const refusals: Reply[] = [];
  let over = false;
  let done = 0;
  let lastSuccess = performance.now();
  let longestPause = 0;

  /** Tries until it is done. What is neither success nor a refusal for now ends the client, and the test. */
  async function persist(method: string, path: string, makeCall: () => RestCall): Promise<Reply> {
    const until = performance.now() + PATIENCE;
    for (;;) {
      const reply = await callRest(url, method, path, makeCall());
      if (reply.status < 300) {
        longestPause = Math.max(longestPause, performance.now() - lastSuccess);
        lastSuccess = performance.now();
        done++;
        return reply;
      }
      if (reply.status !== 503) throw new Error(`${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
      if (performance.now() > until) throw new Error(`${path} is refused for good: ${JSON.stringify(reply.body)}`);
      refusals.push(reply);
      await sleep(Number(reply.body.retry_after) * 1000 || 100);
    }
  }

  async function live(index: number): Promise<void> {
    for (let round = 0; !over; round++) {
      let user = { username: '', email: '' };
      const registered = await persist('POST', '/auth/register', () => {
        // A registration whose answer is lost may have happened: then its name is taken.
        const username = `crash_${randomUUID().slice(0, 13)}`;
        user = { username, email: `${username}@example.com` };
        return { body: { ...user, password: PASSWORD } };
      });
      const signedIn = await persist('POST', '/auth/login', () => ({
        body: { email: user.email, password: PASSWORD },
      }));
      let pair = toPair(signedIn);
      for (let turn = 0; turn < 2; turn++)
        pair = toPair(await persist('POST', '/auth/refresh', () => ({ body: { refresh_token: pair.refresh } })));
      const id: string = registered.body.user.id;
      const key = { 'idempotency-key': randomUUID() };
      await persist('POST', `/users/${id}/roles`, () => ({ token: admin, body: { role_id: roleId }, headers: key }));
      ledger.grants.push(id);
      if ((index + round) % 2 === 0) {
        ledger.standing.push(pair);
        continue;
      }
      await persist('POST', '/auth/logout', () => ({ body: { refresh_token: pair.refresh } }));
      ledger.ended.push(pair);
    }
  }

  const living = Promise.all(Array.from({ length: clients }, (_, index) => live(index)));
  living.catch(() => undefined);
  return {
    ledger,
    roleId,
    done: () => done,
    refusals: () => refusals,
    longestPause: () => longestPause,
    async finish() {
      over = true;
      await living;
    },
  };
}

const toPair = ({ body }: Reply): Pair => ({ access: body.access_token, refresh: body.refresh_token });

export async function signInAdministrator(url: string): Promise<string> {
  const { status, body } = await callRest(url, 'POST', '/auth/login', { body: ADMINISTRATOR });
  if (status !== 200) throw new Error(`the administrator's sign-in answered ${status}: ${JSON.stringify(body)}`);
  return body.access_token;
}

/** Holds the server to what it said; answers what it broke. */
export async function findBrokenPromises(url: string, ledger: Ledger, roleId: string): Promise<string[]> {
  const broken: string[] = [];
  const admin = await signInAdministrator(url);
  for (const id of ledger.grants) {
    const { status, body } = await callRest(url, 'GET', `/users/${id}`, { token: admin });
    const grants = status === 200 ? body.roles.filter((role: { role_id: string }) => role.role_id === roleId) : [];
    if (grants.length !== 1) broken.push(`user ${id} (${status}) holds the role ${grants.length} times`);
  }
  for (const { refresh } of ledger.standing) {
    const { status, body } = await callRest(url, 'POST', '/auth/refresh', { body: { refresh_token: refresh } });
    if (status !== 200) broken.push(`a standing session answered ${status} ${body.code}`);
  }
  for (const { access, refresh } of ledger.ended) {
    const me = await callRest(url, 'GET', '/auth/me', { token: access });
    const renewed = await callRest(url, 'POST', '/auth/refresh', { body: { refresh_token: refresh } });
    for (const { status, body } of [me, renewed])
      if (status !== 401 || body.code !== 'SESSION_REVOKED')
        broken.push(`an ended session answered ${status} ${body.code}`);
  }
  return broken;
}
