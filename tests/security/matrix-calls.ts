// How the matrix calls a procedure over either door, and in what form it compares the answers.
import { openStream, readBlock } from '../support/event-stream.ts';
import type { PublishedRow } from '../support/permission-table.ts';
import type { Answer, RestAnswer, TestServer } from '../support/server.ts';

export const doors = ['rest', 'trpc'] as const;
export type Door = (typeof doors)[number];

/** The one form in which both doors' answers are compared. */
export function readOutcome(door: Door, answer: RestAnswer): Answer {
  const error = door === 'rest' ? answer.body : answer.body?.error?.json?.data;
  if (answer.status < 400) return { status: answer.status };
  const told = door === 'trpc' ? error.httpStatus : error.status;
  return {
    status: told === answer.status ? told : `${answer.status}, yet its body says ${told}`,
    code: error.code,
    ...(error.permission === undefined ? {} : { permission: error.permission }),
  };
}

/** One call of the procedure, by the path and method that the table publishes. */
export function callDoor(
  server: TestServer,
  door: Door,
  row: PublishedRow,
  token: string | undefined,
  input: Record<string, unknown>,
): Promise<RestAnswer> {
  if (door === 'trpc')
    return row.isSubscription ? subscribe(server, row, token, input) : server.trpc(row.procedure, input, { token });
  const rest = { ...input };
  const path = row.path.replace('/api/v1', '').replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest[name] ?? 'not-an-id');
    delete rest[name];
    return value;
  });
  if (row.method === 'POST' || row.method === 'PUT') return server.rest(row.method, path, { token, body: rest });
  const query = new URLSearchParams(rest as Record<string, string>).toString();
  return server.rest(row.method, query === '' ? path : `${path}?${query}`, { token });
}

/** What a subscription over tRPC tells first: it answers 200 to everybody, and what came of the call is an event. */
async function subscribe(
  server: Pick<TestServer, 'url'>,
  { procedure }: PublishedRow,
  token: string | undefined,
  input: Record<string, unknown>,
): Promise<RestAnswer> {
  const query = new URLSearchParams({ input: JSON.stringify({ json: input }) });
  const { next, leave } = await openStream(
    `${server.url}/trpc/${procedure}?${query}`,
    token === undefined ? {} : { authorization: `Bearer ${token}` },
  );
  const headers = new Headers();
  await next();
  const { event, data } = readBlock(await next());
  leave();
  if (event !== 'serialized-error') return { status: 200, headers, body: { result: { data } } };
  return { status: data.json.data.httpStatus, headers, body: { error: data } };
}
