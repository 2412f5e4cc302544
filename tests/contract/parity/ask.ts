// Asking a server over either door, and writing down what it answered: status, codes and bodies, without what is of its own each time.
import { PROCEDURES, type ProcedurePath } from '../../../client-sdk/src/testing/procedures.ts';
import { wire } from '../../../client-sdk/src/wire.ts';
import type { Answer } from '../../support/server.ts';

export type DoorName = 'rest' | 'trpc';

export interface AskOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** As it is, in the place of the input. */
  readonly raw?: string;
}

export interface Ask {
  /** @returns the body's data: of tRPC without its envelope */
  (path: ProcedurePath, input?: object, options?: AskOptions): Promise<Answer>;
  /** Likewise, but no part of what is compared. */
  quietly(path: ProcedurePath, input?: object, options?: AskOptions): Promise<Answer>;
  /** Whatever else is to be the same. */
  note(what: string, value: unknown): void;
}

/** @param transcript - what is to be the same on both servers */
export function createAsk(url: string, door: DoorName, transcript: unknown[]): Ask {
  const exchange = async (path: ProcedurePath, input?: object, options: AskOptions = {}) => {
    const { target, method, body: written } = door === 'trpc' ? overTrpc(path, input) : overRest(path, input);
    const sent = options.raw ?? written;
    const response = await fetch(`${url}${target}`, {
      redirect: 'manual',
      method,
      ...(sent === undefined ? {} : { body: sent }),
      headers: {
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
    });
    const body = readBody(await response.text(), response.headers);
    const [told, result] = door === 'rest' ? [body, body] : openEnvelope(body);
    const { status } = response;
    return { result, told: { path, status, headers: readHeaders(response.headers), body: mask(told, url) } };
  };
  const ask = async (...call: Parameters<Ask>): Promise<Answer> => {
    const { result, told } = await exchange(...call);
    transcript.push(told);
    return result;
  };
  const quietly = async (...call: Parameters<Ask>): Promise<Answer> => (await exchange(...call)).result;
  // Over a wire, so that both have forgotten the same of it.
  const note = (what: string, value: unknown) =>
    void transcript.push({ what, value: mask(JSON.parse(JSON.stringify(value ?? null)), url) });
  return Object.assign(ask, { note, quietly });
}

function readBody(text: string, headers: Headers): Answer {
  if ((headers.get('content-type') ?? '').startsWith('text/event-stream')) return '<events>';
  return text === '' ? null : JSON.parse(text);
}

/** What tRPC answered, as it is to be the same, and as the scenario goes on with it. */
function openEnvelope(body: Answer): [told: unknown, result: Answer] {
  if (body?.error) return [body, body.error.json.data];
  const result = body?.result ? wire.deserialize(body.result.data) : body;
  // Dates as JSON has them.
  return [JSON.parse(JSON.stringify({ result: result ?? null })), result];
}

interface Written {
  readonly target: string;
  readonly method: string;
  readonly body?: string;
}

function overTrpc(path: ProcedurePath, input: object | undefined): Written {
  if (PROCEDURES[path].type === 'subscription') return { target: `/trpc/${path}`, method: 'GET' };
  const body = input === undefined ? '' : JSON.stringify(wire.serialize(input));
  return { target: `/trpc/${path}`, method: 'POST', body };
}

function overRest(path: ProcedurePath, input: object = {}): Written {
  const { method, restPath } = PROCEDURES[path];
  const rest = new Map(Object.entries(input));
  const filled = restPath.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = String(rest.get(name));
    rest.delete(name);
    return encodeURIComponent(value);
  });
  const fields = Object.fromEntries(rest);
  if (method === 'POST' || method === 'PUT') {
    const body = rest.size === 0 ? {} : { body: JSON.stringify(fields) };
    return { target: `/api/v1${filled}`, method, ...body };
  }
  const query = new URLSearchParams();
  for (const [name, value] of rest) query.set(name, value instanceof Date ? value.toISOString() : String(value));
  return { target: `/api/v1${filled}${rest.size === 0 ? '' : `?${query}`}`, method };
}

/** What a caller may go by. */
const TOLD = [
  'content-type',
  'content-language',
  'www-authenticate',
  'x-auth-username',
  'x-auth-roles',
  'x-rights-changed',
  'cache-control',
];

const readHeaders = (headers: Headers) =>
  Object.fromEntries(TOLD.map((name) => [name, headers.get(name)?.replace('; charset=utf-8', '') ?? null]));

/** Texts are each server's own, as are ids, times and secrets. */
const OWN_TEXTS = ['detail', 'message', 'request_id', 'title', 'description', 'next_cursor', 'identifier'];

const FORMS: readonly (readonly [RegExp, string])[] = [
  [/^http:\/\/127\.0\.0\.1:\d+\b/, '<of the test>'],
  [/^whsec_[A-Za-z0-9+/]{43}=$/, '<webhook secret>'],
  [/^[0-9a-f]{24}$/, '<id>'],
  [/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, '<token>'],
  [/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, '<time>'],
  [/^ac_[0-9a-f]{12}$/, '<prefix>'],
  [/^(ac_|acs_)?[\w-]{22,}$/, '<secret>'],
  [/^u_[a-z2-7]{10}$/, '<made up>'],
  [/^[2-9a-hjkmnp-z]{5}-[2-9a-hjkmnp-z]{5}$/, '<backup code>'],
  [/^[0-9a-f]{16}-[0-9a-f]{6}$/, '<cursor>'],
];

function mask(value: unknown, url: string, key = ''): unknown {
  if (typeof value === 'string') {
    if (OWN_TEXTS.includes(key)) return '<text>';
    const text = value
      .replaceAll(url, '<url>')
      .replace(/\/qr\/[\w-]+$/, '/qr/<id>')
      .replace(/secret=[A-Z2-7]{32}/, 'secret=<secret>');
    return FORMS.find(([form]) => form.test(text))?.[1] ?? text;
  }
  // What ends at a whole second is a second shorter for whoever asks within one.
  if (typeof value === 'number' && key === 'expires_in') return Math.round(value / 10) * 10;
  // Drawn by lot.
  if (typeof value === 'number' && (key === 'number' || key === 'numbers')) return '<number>';
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mask(item, url, key));
  // What is wrong with a field both say alike.
  const kept = 'path' in value ? 'message' : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, mask(item, url, name === kept ? '' : name)]),
  );
}
