// Proving oneself again while other things happen: refreshes, other tabs, signing out, somebody else signing in.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Environment, readEnvironment } from '../../../client-sdk/src/environment.ts';
import type { OnStepUp, StepUpProof } from '../../../client-sdk/src/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import {
  catchError,
  createGate,
  createMapStorage,
  createTestClient,
  createTestTime,
  signIn,
  type TestClient,
} from './test-client.ts';

let server: FakeServer;
beforeEach(async () => {
  server = await startFakeServer();
});
afterEach(() => server.close());

const remove = ({ api }: TestClient) => api.auth.contact.remove.mutate({ contact: 'phone' });
const right: StepUpProof = { password: 'right' };

/** A person who answers when the test says so. */
function createPerson() {
  const answers: ((proof: StepUpProof | null) => void)[] = [];
  const onStepUp: OnStepUp = () => new Promise((resolve) => answers.push(resolve));
  return {
    onStepUp,
    countQuestions: () => answers.length,
    /** Resolves when so many questions have been asked. */
    asked: (count = 1) => expect.poll(() => answers.length).toBe(count),
    answer: (proof: StepUpProof | null, question = answers.length - 1) => answers[question]?.(proof),
  };
}

describe('a refresh under way', () => {
  /** The token is past 80 % of its life, so that the proof's own request causes a refresh; both are held until told to go on. */
  async function startBoth() {
    const time = createTestTime();
    let ticks = 0;
    const storage = createMapStorage();
    const client = createTestClient(server, { storage }, { ...time.env, now: () => time.env.now() + ticks++ });
    await signIn(client);
    server.demandProof();
    time.advance(750_000);
    const gates = { 'auth.refresh': createGate(), 'auth.stepUp': createGate() };
    server.control.hold = async (path) => {
      if (path === 'auth.refresh' || path === 'auth.stepUp') await gates[path].pass();
    };
    const readKept = () => JSON.parse([...storage.map.values()][0] ?? '{}');
    const { refresh_token: before } = readKept();
    const proven = client.auth.stepUp(right);
    await Promise.all([gates['auth.refresh'].reached, gates['auth.stepUp'].reached]);
    const refreshed = () => expect.poll(() => readKept().refresh_token).not.toBe(before);
    return { client, time, gates, proven, refreshed };
  }

  test('that is answered before the proof does not undo it', async () => {
    const { client, gates, proven, refreshed } = await startBoth();
    gates['auth.refresh'].open();
    await refreshed();
    gates['auth.stepUp'].open();
    await proven;
    await remove(client);
  });

  test('that is answered after the proof does not undo it, and its refresh token is kept', async () => {
    const { client, time, gates, proven, refreshed } = await startBoth();
    gates['auth.stepUp'].open();
    await proven;
    gates['auth.refresh'].open();
    await refreshed();
    await remove(client);
    // A refresh token that was dropped would be taken for a stolen one when it is used the second time.
    for (let round = 0; round < 3; round++) {
      time.advance(1_000_000);
      expect(await client.auth.getAccessToken()).not.toBeNull();
    }
    expect([...server.sessions.values()].map(({ revoked }) => revoked)).toEqual([false]);
  });
});

describe('a token that was only renewed since the call was sent', () => {
  test('is no proof: the person is asked all the same', async () => {
    const person = createPerson();
    const client = createTestClient(server, { onStepUp: person.onStepUp });
    await signIn(client);
    server.demandProof();
    const gate = createGate();
    server.control.hold = async (path) => (path === 'auth.contact.remove' ? gate.pass() : undefined);
    const call = remove(client);
    await gate.reached;
    await client.auth.getAccessToken({ refresh: true });
    gate.open();
    await person.asked();
    person.answer(right);
    await call;
    expect(person.countQuestions()).toBe(1);
  });

  test.each(['TOKEN_STALE', 'TOKEN_EXPIRED'] as const)('because of %s: neither', async (reason) => {
    const person = createPerson();
    const client = createTestClient(server, { onStepUp: person.onStepUp });
    await signIn(client);
    server.demandProof();
    server.outdateTokens(reason);
    const call = remove(client);
    await person.asked();
    // What was proven changes the account: the new token is out of date before it is used.
    person.answer(right);
    await call;
    expect(server.countCalls('auth.contact.remove')).toBe(3);
  });

  test('nor does a proof keep a token from being renewed', async () => {
    const person = createPerson();
    const client = createTestClient(server, { onStepUp: person.onStepUp });
    await signIn(client);
    server.demandProof();
    const call = remove(client);
    await person.asked();
    let isOutdated = false;
    server.control.hold = async (path) => {
      if (path === 'auth.contact.remove' && !isOutdated) server.outdateTokens('TOKEN_STALE');
      if (path === 'auth.contact.remove') isOutdated = true;
    };
    person.answer(right);
    await call;
    expect(person.countQuestions()).toBe(1);
  });
});

test('a clock that was set back does not cost the session its refresh tokens', async () => {
  const time = createTestTime();
  const client = createTestClient(server, {}, time.env);
  await signIn(client);
  time.advance(-600_000);
  for (let round = 0; round < 3; round++) {
    server.outdateTokens();
    expect((await client.api.auth.me.query()).username).toBe('li.lei');
  }
});

describe('while the question stands', () => {
  async function startAsking(env: Partial<Environment> = {}, options = {}) {
    const person = createPerson();
    const client = createTestClient(server, { onStepUp: person.onStepUp, ...options }, env);
    await signIn(client);
    server.demandProof();
    const call = remove(client);
    call.catch(() => {});
    await person.asked();
    server.resetCounts();
    return { person, client, call };
  }

  test('the person signs out: the proof goes nowhere, and the call is not made', async () => {
    const { person, client, call } = await startAsking();
    await client.auth.logout();
    person.answer(right);
    expect(await catchError(call)).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(server.countCalls('auth.stepUp')).toBe(0);
    expect(client.auth.user).toBeNull();
  });

  test('somebody else signs in: one’s password is not tried on the other’s account, nor the call made in their name', async () => {
    const { person, client, call } = await startAsking();
    await signIn(client, 'han.mei');
    person.answer(right);
    expect(await catchError(call)).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(server.countCalls('auth.stepUp')).toBe(0);
    expect(server.countCalls('auth.contact.remove')).toBe(0);
  });

  test('somebody else signs in, and has to prove themselves: a question of their own', async () => {
    const { person, client } = await startAsking();
    await signIn(client, 'han.mei');
    server.demandProof();
    const theirs = remove(client);
    await person.asked(2);
    person.answer(right, 1);
    await theirs;
    expect(server.countCalls('auth.stepUp')).toBe(1);
  });

  test('the person signs out while the proof is on its way: they stay signed out', async () => {
    const { person, client, call } = await startAsking();
    const gate = createGate();
    server.control.hold = async (path) => (path === 'auth.stepUp' ? gate.pass() : undefined);
    person.answer(right);
    await gate.reached;
    await client.auth.logout();
    for (const session of server.sessions.values()) session.revoked = false;
    gate.open();
    expect(await catchError(call)).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(client.auth.user).toBeNull();
    expect(await client.auth.getAccessToken()).toBeNull();
  });

  test('a call that is sent meanwhile waits for the same answer', async () => {
    const { person, client, call } = await startAsking();
    const later = remove(client);
    await expect.poll(() => server.countCalls('auth.contact.remove')).toBe(1);
    person.answer(right);
    await Promise.all([call, later]);
    expect(person.countQuestions()).toBe(1);
  });
});

describe('another tab', () => {
  const { openChannel } = readEnvironment();

  test.each(['a storage for all', 'a storage each'])('%s: what one proves holds in the other', async (kind) => {
    const shared = createMapStorage();
    const open = (storage = shared) => createTestClient(server, { storage }, { openChannel });
    const first = open();
    await signIn(first);
    const second = open(kind === 'a storage each' ? createMapStorage(new Map(shared.map)) : shared);
    try {
      await second.auth.ready();
      server.demandProof();
      expect(await catchError(remove(second))).toMatchObject({ code: 'STEP_UP_REQUIRED' });
      await first.auth.stepUp(right);
      const token = await first.auth.getAccessToken();
      await expect.poll(() => second.auth.getAccessToken()).toBe(token);
      await remove(second);
    } finally {
      first.close();
      second.close();
    }
  });

  test('a call refused just before the other tab’s proof arrived is made again, and nobody is asked', async () => {
    const person = createPerson();
    const storage = createMapStorage();
    const first = createTestClient(server, { storage }, { openChannel });
    await signIn(first);
    const second = createTestClient(server, { storage, onStepUp: person.onStepUp }, { openChannel });
    try {
      await second.auth.ready();
      server.demandProof();
      const gate = createGate();
      server.control.hold = async (path) => (path === 'auth.contact.remove' ? gate.pass() : undefined);
      const call = remove(second);
      await gate.reached;
      await first.auth.stepUp(right);
      const token = await first.auth.getAccessToken();
      await expect.poll(() => second.auth.getAccessToken()).toBe(token);
      gate.open();
      await call;
      expect(person.countQuestions()).toBe(0);
    } finally {
      first.close();
      second.close();
    }
  });
});
