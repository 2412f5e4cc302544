// What the browser brought back from a provider: a code, or a refusal (RFC 6749 §4.1.2).
import { ProviderError } from './provider.ts';
import { cleanText } from './text.ts';

/**
 * @param names - of the parameter with the code, in order of preference
 * @throws ProviderError `denied` where there is none: WeChat, for one, says no by saying nothing
 */
export function readCode({ searchParams }: URL, ...names: readonly string[]): string {
  const error = readOnce(searchParams, 'error');
  if (error !== undefined) throw callbackError(error);
  const code = names.map((name) => readOnce(searchParams, name)).find((value) => value !== undefined);
  return code ?? refuse('denied', 'came back without a code');
}

/** RFC 6749 §3.1: no parameter twice, and an empty one counts as absent. */
function readOnce(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1) refuse('refused', `came back with ${values.length} times ${name}`);
  return values[0] || undefined;
}

/** @param error - RFC 6749 §4.1.2.1 */
export function callbackError(error: string): ProviderError {
  const message = `came back with the error ${cleanText(error, 64)}`;
  if (error === 'access_denied') return new ProviderError('denied', message);
  const isDown = error === 'server_error' || error === 'temporarily_unavailable';
  return new ProviderError(isDown ? 'unavailable' : 'refused', message);
}

function refuse(failure: 'denied' | 'refused', message: string): never {
  throw new ProviderError(failure, message);
}
