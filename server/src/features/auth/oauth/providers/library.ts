// What openid-client and oauth4webapi are given (bounded requests), and what their errors mean.
import {
  AuthorizationResponseError,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi';
import { ClientError, type CustomFetch } from 'openid-client';
import { refusal, sendToProvider } from './ask.ts';
import { callbackError } from './callback.ts';
import { ProviderError } from './provider.ts';

/** Requests as all outgoing ones are made: bounded in time and size, redirects never followed. */
export const createFetch =
  (timeout: number): CustomFetch =>
  async (url, { method, headers, body }) => {
    const answer = await sendToProvider(url, {
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      ...((typeof body === 'string' || body instanceof URLSearchParams) && { body }),
      timeout,
    });
    // 204 and 304 allow no body, not even an empty one.
    return new Response(answer.text === '' ? null : answer.text, { status: answer.status, headers: answer.headers });
  };

/**
 * Does what the libraries do, with their errors as ProviderErrors. They hang codes and tokens on their causes, so none is passed on.
 *
 * @param sent - what a provider may repeat in its messages
 */
export async function withLibrary<T>(from: string, sent: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toProviderError(error, from, sent);
  }
}

function toProviderError(error: unknown, from: string, sent: readonly string[]): ProviderError {
  if (error instanceof ProviderError) return error;
  // What the request threw comes wrapped.
  if (error instanceof ClientError && error.cause instanceof ProviderError) return error.cause;
  if (error instanceof AuthorizationResponseError) return callbackError(error.error);
  if (error instanceof ResponseBodyError) {
    const said = { code: error.error, message: error.error_description };
    return refusal({ from, status: error.status, body: undefined, sent }, said);
  }
  const status = statusOf(error);
  const answer = { from, status: status ?? 200, body: undefined, sent };
  if (status !== undefined) return refusal(answer, { message: 'refused' });
  return refusal(answer, { message: describe(error) });
}

/** Of an answer that was no success and said nothing that the libraries can read. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof WWWAuthenticateChallengeError) return error.status;
  const cause = error instanceof ClientError || error instanceof OperationProcessingError ? error.cause : undefined;
  return cause instanceof Response && cause.status !== 200 ? cause.status : undefined;
}

/** The innermost words of the libraries' own: those never hold a value. Of anything else just its name. */
function describe(error: unknown): string {
  const cause = error instanceof ClientError ? error.cause : undefined;
  const isOwn = (one: unknown): one is Error =>
    one instanceof ClientError || one instanceof OperationProcessingError || one instanceof UnsupportedOperationError;
  const own = [cause, error].find(isOwn);
  if (own !== undefined) return own.message;
  return error instanceof Error ? error.name : 'failed';
}
