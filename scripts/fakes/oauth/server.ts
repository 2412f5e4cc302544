// What the fakes of sign-in providers share: a local HTTP server that answers by path, counts, and can be told to misbehave.
import type { IncomingHttpHeaders } from 'node:http';
import { type ListenOptions, listen, type ReceivedRequest, type Reply, type Silence } from '../http.ts';

export interface FakeOptions extends ListenOptions {
  /** The provider's clock; the machine's when absent. */
  readonly now?: () => Date;
}

export interface FakeRequest {
  readonly url: URL;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** As it came. */
  readonly body: string;
}

export type FakeReply = Reply;

type Route = (request: FakeRequest) => FakeReply | Promise<FakeReply>;
/** By method and path: `GET /user`. */
export type Routes = Readonly<Record<string, Route>>;

/** Answers that, keeps the connection open and says nothing, or behaves again. */
export type Misbehaviour = FakeReply | Silence | null;

export interface FakeServer {
  readonly url: string;
  /** How often a path was asked, misbehaviour included. */
  calls(path: string): number;
  misbehave(path: string, how: Misbehaviour): void;
  close(): Promise<void>;
}

export async function startFakeServer(options: FakeOptions, makeRoutes: (url: string) => Routes): Promise<FakeServer> {
  let routes: Routes = {};
  const counts = new Map<string, number>();
  const orders = new Map<string, FakeReply | Silence>();
  const { url, close } = await listen(options, (request) => {
    const { pathname: path } = new URL(request.target, 'http://fake');
    counts.set(path, (counts.get(path) ?? 0) + 1);
    return orders.get(path) ?? answer(routes, request);
  });
  routes = makeRoutes(url);
  return {
    url,
    calls: (path) => counts.get(path) ?? 0,
    misbehave: (path, how) => void (how === null ? orders.delete(path) : orders.set(path, how)),
    close,
  };
}

function answer(routes: Routes, { method, target, headers, body }: ReceivedRequest): FakeReply | Promise<FakeReply> {
  const url = new URL(target, `http://${headers.host ?? 'fake'}`);
  const route = routes[`${method} ${url.pathname}`];
  return route
    ? route({ url, query: url.searchParams, headers, body: body.toString() })
    : { status: 404, body: 'nothing is here' };
}

export const redirect = (url: URL): FakeReply => ({ status: 302, headers: { location: url.href } });

/** The members of a JSON body that are text; empty for what is no JSON. */
export function readJsonBody({ body }: FakeRequest): Record<string, string> {
  try {
    const entries = Object.entries(JSON.parse(body) as object);
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
}

/** The token of `Authorization: Bearer …`. */
export const readBearer = ({ headers }: FakeRequest): string =>
  /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
