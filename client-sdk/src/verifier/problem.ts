// Refusals that come where a stream was asked for, or in the midst of one.
import { AuthCenterError, isErrorBody } from '../error.ts';
import type { StreamAnswer } from './open-stream.ts';

/** Nothing of an AuthCenter is longer. */
const LONGEST = 65_536;

export async function readProblem({ status, header, chunks }: StreamAnswer): Promise<AuthCenterError> {
  const body: unknown = await readText(chunks)
    .then(JSON.parse)
    .catch(() => undefined);
  if (isErrorBody(body)) return new AuthCenterError(body);
  const retryAfter = Number.parseInt(header('retry-after') ?? '', 10);
  return new AuthCenterError({
    code: 'NETWORK_ERROR',
    status,
    detail: `The answer (status ${status}) is none of an AuthCenter; is the url right?`,
    ...(retryAfter >= 0 ? { retry_after: retryAfter } : {}),
  });
}

/** One that ends a stream which had begun. */
export function readRefusal(data: string): AuthCenterError {
  const body: unknown = JSON.parse(data);
  return isErrorBody(body)
    ? new AuthCenterError(body)
    : new AuthCenterError({ code: 'NETWORK_ERROR', detail: 'The server has ended the feed' });
}

async function readText(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) {
    text += chunk;
    if (text.length > LONGEST) break;
  }
  return text;
}
