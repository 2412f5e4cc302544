// Which procedures a request asks for, read from its method and address alone: over tRPC one or a batch, over REST one.

import type { Method } from '../procedure.ts';
import { PROCEDURES, type ProcedurePath } from '../procedures.ts';

export interface Route {
  readonly path: ProcedurePath;
  readonly parameters: Readonly<Record<string, string>>;
}

const ROUTES = (Object.keys(PROCEDURES) as ProcedurePath[]).map((path) => {
  const { method, restPath } = PROCEDURES[path];
  const pattern = restPath.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return { path, method: method as Method, pattern: new RegExp(`^/api/v1${pattern}$`) };
});

/** @returns undefined when no procedure has that door */
export function findRoute(method: string, pathname: string): Route | undefined {
  for (const route of ROUTES) {
    const match = route.method === method ? route.pattern.exec(pathname) : null;
    if (!match) continue;
    const parameters = Object.entries(match.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]);
    return { path: route.path, parameters: Object.fromEntries(parameters) };
  }
  return undefined;
}

/** Dotted paths, also such as no procedure has. */
export function listPaths(method: string, address: string): readonly string[] {
  const { pathname, searchParams } = new URL(address);
  if (!pathname.startsWith('/trpc/')) return [findRoute(method, pathname)?.path ?? []].flat();
  const path = decodeURIComponent(pathname.slice('/trpc/'.length));
  return searchParams.get('batch') === '1' ? path.split(',') : [path];
}
