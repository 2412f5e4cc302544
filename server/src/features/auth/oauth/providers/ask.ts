// How a provider is asked, and how its refusals are told: with its own words, but nothing of what it was sent.
import type { z } from 'zod';
import { OutgoingError, sendOutgoing } from '../../../../platform/outgoing.ts';
import { ProviderError, type ProviderFailure } from './provider.ts';
import { cleanText } from './text.ts';

export interface ProviderQuestion {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes it a POST. */
  readonly json?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
}

export interface ProviderAnswer {
  /** Host and path, for messages. */
  readonly from: string;
  readonly status: number;
  /** By content, not by header: some send JSON as text/plain. Undefined for what is no JSON. */
  readonly body: unknown;
  /** Every value that was sent. Providers repeat them in their messages. */
  readonly sent: readonly string[];
}

/** @throws ProviderError `unavailable` when there is no answer in time */
export async function askProvider(
  address: string,
  { query = {}, headers = {}, json, timeout }: ProviderQuestion,
): Promise<ProviderAnswer> {
  const url = withQuery(address, query);
  const { status, text } = await sendToProvider(url, {
    headers: {
      accept: 'application/json',
      ...(json && { 'content-type': 'application/json; charset=utf-8' }),
      ...headers,
    },
    ...(json && { method: 'POST' as const, body: JSON.stringify(json) }),
    timeout,
  });
  const sent = [query, headers, json ?? {}]
    .flatMap((values) => Object.values(values))
    .flatMap((value) => value.split(' '));
  return { from: url.host + url.pathname, status, body: parseJson(text), sent };
}

/** `sendOutgoing`, with its error as a ProviderError. */
export async function sendToProvider(...request: Parameters<typeof sendOutgoing>): ReturnType<typeof sendOutgoing> {
  try {
    return await sendOutgoing(...request);
  } catch (error) {
    if (error instanceof OutgoingError) throw new ProviderError('unavailable', error.message);
    throw error;
  }
}

export function withQuery(address: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an answer says, in the form that it must have. @throws ProviderError `refused`, naming what is missing */
export function readAnswer<T extends z.ZodType>(answer: ProviderAnswer, form: T): z.output<T> {
  const { success, data, error } = form.safeParse(answer.body);
  if (success) return data;
  const wrong = error.issues.map(({ path }) => path.join('.')).filter((path) => path !== '');
  throw refusal(answer, { message: `cannot be read${wrong.length > 0 ? ` (${wrong.join(', ')})` : ''}` });
}

/**
 * The error for an answer that is none. A provider that is broken or busy is `unavailable`, whatever it says.
 *
 * @param said - the provider's own code and message
 */
export function refusal(
  { from, status, sent }: ProviderAnswer,
  said: { readonly code?: unknown; readonly message?: unknown },
  failure: ProviderFailure = 'refused',
): ProviderError {
  const words = [said.code, said.message]
    .filter((word) => typeof word === 'string' || typeof word === 'number')
    .map((word) => cleanText(hide(String(word), sent), 200));
  const isDown = status >= 500 || status === 429;
  const message = `${from}: ${[...words, `(HTTP ${status})`].join(' ')}`;
  return new ProviderError(isDown ? 'unavailable' : failure, message);
}

/** Short values are words of the protocol. */
function hide(words: string, sent: readonly string[]): string {
  return sent
    .filter((value) => value.length >= 6)
    .reduce((left, value) => left.replaceAll(value, '***').replaceAll(encodeURIComponent(value), '***'), words);
}
