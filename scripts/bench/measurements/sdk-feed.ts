// The revocation feed from a sign-out to its refusal: by one verifier, and at a thousand and more subscribers at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthCenterError } from '../../../client-sdk/src/error.ts';
import { readEvents } from '../../../client-sdk/src/verifier/events.ts';
import { openByNode, readNode } from '../../../client-sdk/src/verifier/open-stream.ts';
import { createVerifier, type Verifier } from '../../../client-sdk/src/verify.ts';
import type { BenchServer, Lab } from '../harness/lab.ts';
import { atMost, type Row, type Section } from '../harness/report.ts';
import { signIn } from '../harness/sign-in.ts';
import { percentile } from '../harness/statistics.ts';

/** Milliseconds: the promise. */
const PROMISED = 2_000;
/** A reader that has not heard by then never will, in milliseconds. */
const LOST_AFTER = 60_000;
/** What the server and this process need beside the readers' connections. */
const OTHER_FILES = 500;

/** As many as asked for, and as files may be open here and in the server: each reader takes one at either end. */
function countReaders(wanted: number): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft?: number | 'unlimited' } };
  };
  const most = userLimits?.open_files?.soft;
  return typeof most === 'number' ? Math.min(wanted, most - OTHER_FILES) : wanted;
}

async function post(server: BenchServer, path: string, body: unknown, token?: string) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

async function createReader(server: BenchServer): Promise<Client> {
  const [admin] = await server.createUsers(1, 'Admin');
  if (!admin) throw new Error('no user');
  const { access } = await signIn(server.url, admin);
  const fields = { name: 'reader', kind: 'service', scopes: ['feed:read'] };
  const { client_id, client_secret } = (await post(server, '/clients', fields, access)) as Client;
  return { client_id, client_secret };
}

/** Milliseconds from the answer to a sign-out until its token is refused. */
async function measureRefusal(server: BenchServer, verifier: Verifier, access: string): Promise<number> {
  await verifier.verifyToken(access);
  await post(server, '/auth/logout', {}, access);
  const endedAt = performance.now();
  for (;;) {
    const code = await verifier.verifyToken(access).then(
      () => null,
      (error: unknown) => (error instanceof AuthCenterError ? error.code : String(error)),
    );
    if (code === 'SESSION_REVOKED') return performance.now() - endedAt;
    if (code !== null) throw new Error(`the token was refused as ${code}`);
    await sleep(1);
  }
}

/** Readers of the bare feed; `next` resolves with the time when each has heard of a session. */
async function openReaders(server: BenchServer, client: Client, count: number) {
  const node = readNode();
  if (!node) throw new Error('this is no Node');
  const openStream = openByNode(node);
  const grant = { grant_type: 'client_credentials', ...client };
  const { access_token } = (await post(server, '/auth/token', grant)) as { access_token: string };
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${access_token}` };
  const closing = new AbortController();
  const waiting = new Map<string, (at: number) => void>();
  const read = async () => {
    const { status, chunks } = await openStream(`${server.url}/api/v1/auth/revocations`, headers, closing.signal);
    if (status !== 200) throw new Error(`the feed answered ${status}`);
    const events = readEvents(chunks);
    await events.next();
    // Until it is closed.
    void (async () => {
      for await (const { data } of events) {
        const heardAt = performance.now();
        for (const { id } of (JSON.parse(data) as { records: { id: string }[] }).records) waiting.get(id)?.(heardAt);
      }
    })().catch(() => undefined);
  };
  for (let opened = 0; opened < count; opened += 100)
    await Promise.all(Array.from({ length: Math.min(100, count - opened) }, read));
  return {
    hearAll: (sid: string) =>
      new Promise<number[]>((resolve, reject) => {
        const heard: number[] = [];
        const lost = setTimeout(() => reject(new Error(`${count - heard.length} readers heard nothing`)), LOST_AFTER);
        waiting.set(sid, (at) => {
          heard.push(at);
          if (heard.length < count) return;
          clearTimeout(lost);
          resolve(heard);
        });
      }),
    close: () => closing.abort(),
  };
}

const sidOf = (token: string): string =>
  JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'))).sid;

const judge = (name: string, times: readonly number[], from: string): Row[] => [
  { name: `${name}: p50`, value: percentile(times, 50), unit: 'ms', from },
  { name: `${name}: p95`, value: percentile(times, 95), unit: 'ms', target: atMost(PROMISED), from: '' },
  { name: `${name}: longest`, value: Math.max(...times), unit: 'ms', target: atMost(PROMISED), from: '' },
];

/** How long so many readers take to hear of each session that ends, and what they cost. */
async function measureFanOut(
  server: BenchServer,
  client: Client,
  wanted: number,
  tokens: readonly string[],
): Promise<Row[]> {
  const count = countReaders(wanted);
  const idle = await server.ask<number>('readMemory');
  const many = await openReaders(server, client, count);
  try {
    const hearings: number[] = [];
    for (const access of tokens) {
      const all = many.hearAll(sidOf(access));
      const sentAt = performance.now();
      await post(server, '/auth/logout', {}, access);
      hearings.push(...(await all).map((at) => at - sentAt));
    }
    const busy = await server.ask<number>('readMemory');
    const from = `${tokens.length} sign-outs, from their requests on; server and readers share the cores`;
    return [
      ...judge(`heard by ${count} readers`, hearings, from),
      {
        name: `the server’s memory for each of ${count} readers`,
        value: (busy - idle) / count / 1024,
        unit: 'KB',
        from: 'resident',
      },
    ];
  } finally {
    many.close();
  }
}

export async function measureSdkFeed(lab: Lab): Promise<Section> {
  const server = await lab.startServer();
  const [turns, crowds, rounds] = lab.short ? [10, [100], 3] : [100, [1_000, 3_000], 10];
  try {
    const client = await createReader(server);
    const users = await server.createUsers(turns + rounds * crowds.length);
    const tokens: string[] = [];
    for (const user of users) tokens.push((await signIn(server.url, user)).access);

    const { client_id: clientId, client_secret: clientSecret } = client;
    const verifier = createVerifier({ url: server.url, clientId, clientSecret, onSilence: 'refuse' });
    await verifier.ready();
    const refusals: number[] = [];
    for (const access of tokens.splice(0, turns)) refusals.push(await measureRefusal(server, verifier, access));
    verifier.close();

    const rows = judge('refused by a verifier', refusals, `${turns} sign-outs, from their answers on`);
    for (const crowd of crowds) rows.push(...(await measureFanOut(server, client, crowd, tokens.splice(0, rounds))));
    return { title: 'SDK: a sign-out, until services know', rows };
  } finally {
    await server.stop();
  }
}
