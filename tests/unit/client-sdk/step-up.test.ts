// Proving oneself again: asked for once, however many calls wait for it; each is then made again, once.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuthCenterError, idempotent, type OnStepUp, type StepUpProof } from '../../../client-sdk/src/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { catchError, createMapStorage, createTestClient, signIn, type TestClient } from './test-client.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

/** Answers with one proof after the other, and notes why it was asked. */
function answerWith(...proofs: (StepUpProof | null | Error)[]) {
  const questions: (string | undefined)[] = [];
  const onStepUp: OnStepUp = async (refused) => {
    questions.push(refused?.code);
    const proof = proofs[questions.length - 1] ?? null;
    if (proof instanceof Error) throw proof;
    return proof;
  };
  return { questions, onStepUp };
}

/** Signed in, with a proof that is too old for what demands one. */
async function openClient(options: Parameters<typeof createTestClient>[1]): Promise<TestClient> {
  const client = createTestClient(server, options);
  await signIn(client);
  server.demandProof();
  server.resetCounts();
  return client;
}

const remove = ({ api }: TestClient) => api.auth.contact.remove.mutate({ contact: 'phone' });
const check = ({ api }: TestClient) => api.rbac.check.query({ permission: 'SEARCH' });
const right: StepUpProof = { password: 'right' };
const wrong: StepUpProof = { password: 'wrong' };

describe('auth.stepUp', () => {
  test('gives the session a fresh access token, kept, and leaves the refresh token and the user as they are', async () => {
    const storage = createMapStorage();
    const client = await openClient({ storage });
    const told: unknown[] = [];
    client.auth.onChange((user) => told.push(user));
    expect(await catchError(remove(client))).toMatchObject({ code: 'STEP_UP_REQUIRED', status: 403 });
    const before = JSON.parse([...storage.map.values()][0] ?? '');
    await client.auth.stepUp(right);
    const after = JSON.parse([...storage.map.values()][0] ?? '');
    expect(after).toMatchObject({ sid: before.sid, refresh_token: before.refresh_token, user: before.user });
    expect(after.access_token).not.toBe(before.access_token);
    expect(await client.auth.getAccessToken()).toBe(after.access_token);
    await remove(client);
    expect(told).toEqual([]);
    // Another page of the same application is as proven as this one.
    await remove(createTestClient(server, { storage }));
  });

  test('a wrong proof is told, and changes nothing', async () => {
    const client = await openClient({});
    const token = await client.auth.getAccessToken();
    expect(await catchError(client.auth.stepUp(wrong))).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    expect(await client.auth.getAccessToken()).toBe(token);
  });

  test('before the storage has been read: waits for it', async () => {
    const storage = createMapStorage();
    await openClient({ storage });
    const client = createTestClient(server, { storage });
    await client.auth.stepUp(right);
    await remove(client);
  });

  test('for nobody: refused', async () => {
    expect(await catchError(createTestClient(server).auth.stepUp(right))).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('onStepUp', () => {
  test('one question for ten calls at once; each is made twice in all', async () => {
    const { questions, onStepUp } = answerWith(right);
    const client = await openClient({ onStepUp });
    await Promise.all(Array.from({ length: 10 }, () => remove(client)));
    expect(questions).toEqual([undefined]);
    expect(server.countCalls('auth.stepUp')).toBe(1);
    expect(server.countCalls('auth.contact.remove')).toBe(20);
  });

  test('of a batch only what was refused is made again', async () => {
    const { questions, onStepUp } = answerWith(right);
    const client = await openClient({ onStepUp });
    await Promise.all([check(client), remove(client), check(client)]);
    expect(questions).toEqual([undefined]);
    expect(server.countCalls('rbac.check')).toBe(2);
    expect(server.countCalls('auth.contact.remove')).toBe(2);
  });

  test('is not asked by calls that demand no proof, nor while the proof is fresh', async () => {
    const { questions, onStepUp } = answerWith(right, right);
    const client = await openClient({ onStepUp });
    await check(client);
    expect(questions).toEqual([]);
    await remove(client);
    await remove(client);
    expect(questions).toEqual([undefined]);
    server.demandProof();
    await remove(client);
    expect(questions).toEqual([undefined, undefined]);
  });

  test('null: all that wait fail with STEP_UP_REQUIRED, and the next call asks again', async () => {
    const { questions, onStepUp } = answerWith(null, right);
    const client = await openClient({ onStepUp });
    const errors = await Promise.all(Array.from({ length: 10 }, () => catchError(remove(client))));
    expect(errors.map((error) => (error as AuthCenterError).code)).toEqual(Array(10).fill('STEP_UP_REQUIRED'));
    expect(questions).toEqual([undefined]);
    expect(server.countCalls('auth.contact.remove')).toBe(10);
    await remove(client);
    expect(questions).toEqual([undefined, undefined]);
  });

  test('a proof that is not taken: asked again, with why', async () => {
    const { questions, onStepUp } = answerWith(wrong, { code: '000000' }, { password: '' }, right);
    const client = await openClient({ onStepUp });
    await Promise.all([remove(client), remove(client)]);
    expect(questions).toEqual([undefined, 'INVALID_CREDENTIALS', 'INVALID_CODE', 'VALIDATION_FAILED']);
    expect(server.countCalls('auth.contact.remove')).toBe(4);
  });

  test.each(['ACCOUNT_LOCKED', 'SESSION_REVOKED', 'INTERNAL'] as const)(
    '%s: not asked again, told to all that wait',
    async (code) => {
      const { questions, onStepUp } = answerWith(right, right);
      const client = await openClient({ onStepUp });
      server.control.refuse = (path) => (path === 'auth.stepUp' ? { code } : undefined);
      const errors = await Promise.all([catchError(remove(client)), catchError(remove(client))]);
      expect(errors).toMatchObject([{ code }, { code }]);
      expect(questions).toEqual([undefined]);
    },
  );

  test('a call that demands still more after the proof is made twice, not for ever', async () => {
    const { questions, onStepUp } = answerWith(right, right);
    const client = await openClient({ onStepUp });
    server.control.refuse = (path) => (path === 'auth.contact.remove' ? { code: 'STEP_UP_REQUIRED' } : undefined);
    expect(await catchError(remove(client))).toMatchObject({ code: 'STEP_UP_REQUIRED' });
    expect(questions).toEqual([undefined]);
    expect(server.countCalls('auth.contact.remove')).toBe(2);
  });

  test('a question that fails: what AuthCenter said is passed on, anything else is no proof', async () => {
    const denied = new AuthCenterError({ code: 'ACCESS_DENIED' });
    const { onStepUp } = answerWith(denied, new Error('the dialog was closed'));
    const client = await openClient({ onStepUp });
    expect(await catchError(remove(client))).toBe(denied);
    expect(await catchError(remove(client))).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      status: 403,
      cause: { message: 'the dialog was closed' },
    });
    expect(client.auth.user?.username).toBe('li.lei');
  });

  test('an idempotency key is kept when the call is made again', async () => {
    const { onStepUp } = answerWith(right);
    const client = await openClient({ onStepUp });
    const keys: unknown[] = [];
    server.control.refuse = (path, { headers }) => {
      if (path === 'users.assignRole') keys.push(headers['idempotency-key']);
      return keys.length === 1 && path === 'users.assignRole' ? { code: 'STEP_UP_REQUIRED' } : undefined;
    };
    await client.api.users.assignRole.mutate({ id: 'x', role_id: 'y' }, idempotent('once'));
    expect(keys).toEqual(['once', 'once']);
  });

  test('a caller who gives up is answered while the question is open', async () => {
    const giveUp = new AbortController();
    const client = await openClient({
      onStepUp: () => {
        giveUp.abort();
        return new Promise(() => {});
      },
    });
    const call = client.api.auth.contact.remove.mutate({ contact: 'phone' }, { signal: giveUp.signal });
    expect(await catchError(call)).toMatchObject({ code: 'ABORTED' });
  });
});
