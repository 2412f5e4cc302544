// createFakeAuthCenter: the fake put together from its parts.

import { ANSWERS } from './answers/all.ts';
import type { CallInfo } from './call.ts';
import { createBrowserFetch } from './doors/browser-fetch.ts';
import { createHandle, type Visitor } from './doors/handle.ts';
import { listen } from './doors/listen.ts';
import { listPaths } from './doors/requests.ts';
import { createRestDoor } from './doors/rest-door.ts';
import { createTrpcDoor } from './doors/trpc-door.ts';
import { readApp } from './factors/factor-proofs.ts';
import type { FakeAuthCenter } from './fake.ts';
import { createFaults } from './faults.ts';
import type { FakeAuthCenterOptions } from './options.ts';
import type { Outbox } from './outbox.ts';
import { removeLeavers } from './people/remove-user.ts';
import { findUser, raiseEpoch, seedUser, toUser, type UserRecord } from './people/users.ts';
import type { ProcedurePath } from './procedures.ts';
import { deliverDue, settleDeliveries } from './record/webhooks.ts';
import { lapseRequests } from './rights/access-requests.ts';
import { noteGrantEnds } from './rights/grant-ends.ts';
import { createRunner, type TestAnswer } from './run.ts';
import { endSessions, openSession } from './sign-in/sessions.ts';
import { type ClientRecord, seedClient } from './tokens/clients.ts';
import { createWorld } from './world.ts';

/**
 * Makes a fake AuthCenter in this process, for tests of whatever calls one: it answers the whole contract over tRPC and REST from memory,
 * checks input and access as the server does, and needs no database. A test answers any procedure itself by `fake.on`.
 *
 * @param options - `users`, `roles`, `clients` to begin with, `url`, and how it is set up
 * @returns `{ url, fetch, listen, on, fail, … }`
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 * import { createFakeAuthCenter } from '@authcenter/client/testing';
 *
 * const fake = createFakeAuthCenter({ users: [{ username: 'li.lei', password: 'a good password', roles: ['Editor'] }] });
 * const { api, auth } = createAuthCenter({ url: fake.url, fetch: fake.fetch });
 * await auth.login({ username: 'li.lei', password: 'a good password' });
 * fake.staleTokens('li.lei');
 * console.log((await api.auth.me.query()).roles, fake.countCalls('auth.refresh')); // ['Editor'] 1
 */
export function createFakeAuthCenter(options: FakeAuthCenterOptions = {}): FakeAuthCenter {
  const outbox: Outbox = [];
  const world = createWorld(options, outbox);
  const faults = createFaults();
  const tests = new Map<ProcedurePath, TestAnswer>();
  const runner = createRunner({ world, answers: ANSWERS, tests, faults });
  const handle = createHandle(createTrpcDoor(runner), createRestDoor(world, runner));
  const calls: string[] = [];

  const send = (request: Request, visitor: Visitor): Promise<Response> => {
    calls.push(...listPaths(request.method, request.url));
    return faults.around((sent) => handle(sent, visitor))(request);
  };

  for (const user of options.users ?? []) seedUser(world, user);
  for (const client of options.clients ?? []) seedClient(world, client);

  const requireUser = (username: string): UserRecord => {
    const user = findUser(world, { username });
    if (!user) throw new Error(`The fake knows no user ${username}: name them in users, or add them by addUser`);
    return user;
  };
  const listUsers = (username?: string) =>
    username === undefined ? [...world.users.values()] : [requireUser(username)];
  const showClient = ({ id, secrets: [newest] }: ClientRecord) => ({ id, secret: newest?.secret ?? null });

  return {
    get url() {
      return world.url;
    },
    fetch: createBrowserFetch(send, () => world.url),
    issuer: world.issuer,
    outbox,
    async listen(port = 0) {
      const listening = await listen(send, port);
      world.url = listening.url;
      return listening;
    },
    now: world.clock.now,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError('The clock goes forward only');
      world.clock.advance(ms);
      noteGrantEnds(world);
      removeLeavers(world);
      lapseRequests(world);
      deliverDue(world);
    },
    settled: () => settleDeliveries(world),
    on(path, answer) {
      const test = answer as TestAnswer;
      tests.set(path, test);
      return () => {
        if (tests.get(path) === test) tests.delete(path);
      };
    },
    fail: faults.fail,
    loseAnswers: faults.loseAnswers,
    delay: faults.delay,
    hold: faults.hold,
    heal: faults.clear,
    countCalls: (path) => (path === undefined ? calls : calls.filter((called) => called === path)).length,
    signIn: (username) =>
      openSession(world, NOBODY, {
        user: requireUser(username),
        methods: ['pwd'],
        wishes: { refresh_transport: 'body' },
      }),
    appCode: (username) => readApp(world, requireUser(username)),
    user: (username) => toUser(requireUser(username), world.clock.now()),
    addUser: (seed) => toUser(seedUser(world, seed), world.clock.now()),
    client(name) {
      const client = [...world.clients.values()].find((one) => one.name === name);
      if (!client) throw new Error(`The fake knows no client ${name}: name it in clients, or add it by addClient`);
      return showClient(client);
    },
    addClient: (seed) => showClient(seedClient(world, seed)),
    setRole(seed) {
      const { role, rightsVersion } = world.roles.set(seed);
      world.feed.note({ type: 'role', id: role.id, value: { name: role.name, rights_version: rightsVersion } });
      return role;
    },
    staleTokens: (username) => {
      for (const user of listUsers(username)) raiseEpoch(world, user);
    },
    endSessions: (username) => {
      const ids = listUsers(username).map(({ id }) => id);
      endSessions(world, 'revoked', ({ user_id }) => ids.includes(user_id));
    },
  };
}

/** A call that no request made. */
const NOBODY: CallInfo = {
  requestId: '',
  language: 'en',
  bearer: null,
  basic: null,
  refreshCookie: null,
  origin: null,
  fetchSite: null,
  userAgent: null,
  idempotencyKey: null,
  signal: new AbortController().signal,
  setHeader: () => {},
  setRefreshCookie: () => {},
};
