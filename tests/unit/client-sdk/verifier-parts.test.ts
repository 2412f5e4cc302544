// The smaller parts of verifier and middlewares: options, the client's own token, answers that are kept, the language of a refusal.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { AuthCenterError } from '../../../client-sdk/src/error.ts';
import { readLanguage } from '../../../client-sdk/src/guard/language.ts';
import { refuseRequest } from '../../../client-sdk/src/guard/refusal.ts';
import type { Api } from '../../../client-sdk/src/router.ts';
import { createAsker } from '../../../client-sdk/src/verifier/asker.ts';
import { createBoundedMap } from '../../../client-sdk/src/verifier/bounded-map.ts';
import { createClientToken } from '../../../client-sdk/src/verifier/client-token.ts';
import { readOptions } from '../../../client-sdk/src/verifier/options.ts';
import { readProblem } from '../../../client-sdk/src/verifier/problem.ts';

const catchCode = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: AuthCenterError) => error.code,
  );

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('options', () => {
  const url = 'https://auth.example.com';

  test('have their defaults', () => {
    expect(readOptions({ url: `${url}//` })).toMatchObject({
      url,
      issuer: url,
      audience: ['authcenter'],
      client: undefined,
      onSilence: 'ask',
      silentAfter: 30_000,
      maxTokens: 20_000,
      answerWithin: 5_000,
    });
    expect(readOptions({ url, issuer: 'AuthCenter', audience: 'x', clientId: 'a', clientSecret: 'b' })).toMatchObject({
      issuer: 'AuthCenter',
      audience: ['x'],
      client: { id: 'a', secret: 'b' },
    });
  });

  test.each([
    { url: 'auth.example.com' },
    { url: 'ftp://auth.example.com' },
    { url, clientId: 'x' },
    { url, clientSecret: 'x' },
    { url, clientId: 'x', clientSecret: '' },
    { url, onSilence: 'pass' as 'ask' },
    { url, silentAfter: 0 },
    { url, answerWithin: Number.NaN },
    { url, maxTokens: -1 },
  ])('that do not fit are refused: %j', (options) => {
    expect(() => readOptions(options)).toThrow(TypeError);
  });
});

test('who listens to no errors of the feed is warned, once of the same trouble', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const { onFeedError } = readOptions({ url: 'https://auth.example.com' });
  const refused = new AuthCenterError({ code: 'INVALID_CLIENT', detail: 'no such client' });
  const away = new AuthCenterError({ code: 'NETWORK_ERROR', detail: 'away' });
  for (const error of [refused, refused, away, refused]) onFeedError(error);
  expect(warn.mock.calls.map(([text]) => /[A-Z_]{7,}/.exec(String(text))?.[0])).toEqual([
    'INVALID_CLIENT',
    'NETWORK_ERROR',
    'INVALID_CLIENT',
  ]);
});

describe('the client’s own token', () => {
  function open() {
    const state = { now: 0, asked: 0, fail: null as AuthCenterError | null, answer: {} as object };
    const mutate = async () => {
      state.asked++;
      if (state.fail) throw state.fail;
      return { access_token: `t${state.asked}`, token_type: 'Bearer', expires_in: 900, scope: '', ...state.answer };
    };
    const bare = { auth: { token: { mutate } } } as unknown as Api;
    const client = { id: 'a', secret: 'b' };
    return {
      state,
      own: createClientToken({ bare, client, env: { monotonic: () => state.now }, answerWithin: 1_000 }),
    };
  }

  test('is got once, and another in the last fifth of its life, for which nobody waits', async () => {
    const { state, own } = open();
    expect(own.present).toBeUndefined();
    const [one, two] = await Promise.all([own.get(), own.get()]);
    expect([one.token, two.token, one.life, own.present]).toEqual(['t1', 't1', 900, 't1']);
    state.now = 719_999;
    expect((await own.get()).token).toBe('t1');
    state.now = 720_000;
    state.fail = new AuthCenterError({ code: 'NETWORK_ERROR' });
    expect((await own.get()).token).toBe('t1');
    await settle();
    state.fail = null;
    state.now = 800_000;
    expect((await own.get()).token).toBe('t1');
    await settle();
    expect((await own.get()).token).toBe('t3');
  });

  test('that has expired, or was refused, is not used; failures are told', async () => {
    const { state, own } = open();
    await own.get();
    state.now = 900_000;
    expect(own.present).toBeUndefined();
    state.fail = new AuthCenterError({ code: 'INVALID_CLIENT', status: 401 });
    expect(await catchCode(own.get())).toBe('INVALID_CLIENT');
    state.fail = null;
    const { token } = await own.get();
    own.forget('another');
    expect(own.present).toBe(token);
    own.forget(token);
    expect(own.present).toBeUndefined();
  });
});

test('answers are kept for two seconds from the question on, refusals like others, failures not', async () => {
  let [now, asked] = [0, 0];
  let answer: object | Error = { valid: false, allowed: false, reason: 'TOKEN_STALE' };
  const mutate = async () => {
    asked++;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const bare = { auth: { verify: { mutate } } } as unknown as Api;
  const env = { monotonic: () => now };
  const asker = createAsker({ bare, env, answerWithin: 1_000, most: 2, presentToken: () => undefined });
  for (const at of [0, 1_999]) {
    now = at;
    expect(await catchCode(asker.ask('a'))).toBe('TOKEN_STALE');
  }
  expect(asked).toBe(1);
  now = 2_000;
  answer = new AuthCenterError({ code: 'OVERLOADED', status: 503 });
  expect(await catchCode(asker.ask('a'))).toBe('OVERLOADED');
  answer = { valid: true, allowed: true, user: { id: 'u' } };
  expect(await asker.ask('a')).toEqual({ id: 'u' });
  answer = { valid: true, allowed: true };
  expect(await catchCode(asker.ask('b'))).toBe('TOKEN_INVALID');
  answer = new DOMException('late', 'TimeoutError');
  expect(await catchCode(asker.ask('c'))).toBe('NETWORK_ERROR');
  expect(asked).toBe(5);
});

test('a bounded map forgets its oldest', () => {
  const map = createBoundedMap<number>(2);
  for (const [key, value] of [
    ['a', 1],
    ['b', 2],
    ['a', 3],
    ['c', 4],
  ] as const)
    map.set(key, value);
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([3, undefined, 4]);
});

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['zh-CN', 'zh'],
  ['zh-TW,zh;q=0.9,en;q=0.8', 'zh'],
  ['en-GB, zh;q=0.9', 'en'],
  ['fr, zh;q=0.2, en;q=0.3', 'en'],
  ['fr;q=1, zh;q=0.2', 'zh'],
  ['zh;q=0', 'en'],
  ['*', 'en'],
  [';;;q=,', 'en'],
])('the language of %j is %s', (header, language) => {
  expect(readLanguage(header)).toBe(language);
});

describe('a refusal', () => {
  const asking = { authorization: 'Bearer x' };

  test.each([
    ['RATE_LIMITED', 429, 7, '7'],
    ['NETWORK_ERROR', 0, undefined, '1'],
    ['INVALID_CLIENT', 401, undefined, '1'],
    ['INTERNAL', 500, undefined, '1'],
  ] as const)(
    'for %s, which says nothing of the token, is that it cannot be known',
    (code, status, retry_after, told) => {
      const error = new AuthCenterError({ code, status, detail: 'secret', ...(retry_after ? { retry_after } : {}) });
      const refusal = refuseRequest(asking, error);
      expect([refusal.status, refusal.headers['retry-after']]).toEqual([503, told]);
      expect(refusal.problem).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retry_after: Number(told) });
      expect(JSON.stringify(refusal.problem)).not.toContain('secret');
    },
  );

  test('takes no request id that could forge a line', () => {
    const { problem } = refuseRequest({ ...asking, requestId: 'a\nb' }, 'UNAUTHENTICATED');
    expect(problem.request_id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('what is no AuthCenter is told where a stream was asked for', async () => {
  async function* page() {
    yield '<html>'.repeat(20_000);
    yield 'never read';
  }
  const error = await readProblem({ status: 502, header: () => '3', chunks: page() });
  expect([error.code, error.status, error.retryAfter]).toEqual(['NETWORK_ERROR', 502, 3]);
});
