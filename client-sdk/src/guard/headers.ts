// What matters here of a request's headers, as Node and as the web platform have them.
import type { Asking } from './guard.ts';

export type NodeHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The part of a `Headers` that is read. */
export interface WebHeaders {
  get(name: string): string | null;
}

export function readNodeHeaders(headers: NodeHeaders): Asking {
  const one = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  return { authorization: one('authorization'), language: one('accept-language'), requestId: one('x-request-id') };
}

export const readWebHeaders = (headers: WebHeaders): Asking => ({
  authorization: headers.get('authorization'),
  language: headers.get('accept-language'),
  requestId: headers.get('x-request-id'),
});
