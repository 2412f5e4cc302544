// Two servers to be held against each other: a fake and a real one, with the same people, asked by the same words.
import { createFakeAuthCenter } from '../../../client-sdk/src/testing.ts';
import { startFakeWechat } from '../../../scripts/fakes/oauth/wechat.ts';
import { readMails } from '../../support/mailbox.ts';
import { readCode, toE164 } from '../../support/phones.ts';
import { startTestServer } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';

export interface Stage {
  readonly url: string;
  /** The time there. */
  now(): Date;
  advance(ms: number): void;
  /** The code that was sent last to a number, as people type it. */
  readSms(phone: string): Promise<string>;
  /** What was sent last to an address, or to a number as it is kept: its code, and the token of its link; empty where there is none. */
  readMail(to: string): Promise<{ readonly code: string; readonly token: string }>;
  /** The present person's id. */
  idOf(username: string): Promise<string>;
  close(): Promise<void>;
}

export const password = 'correct horse battery';

/** A role that there is not until a scenario makes it: it takes two people. */
const fourEyes = ['Keeper'];

/** Everybody signs in by that password. */
const people = [
  { username: 'root', role: 'Admin' },
  { username: 'second.root', role: 'Admin' },
  { username: 'li.lei', role: 'Editor' },
  { username: 'han.meimei', role: 'User' },
  { username: 'jim.green', role: 'User' },
  { username: 'wei.fang', role: 'User' },
  { username: 'lin.tao', role: 'User' },
  { username: 'chen.jing', role: 'User' },
  { username: 'zhao.min', role: 'Editor' },
] as const;

const emailOf = (username: string): string => `${username}@example.com`;

export async function startReal(): Promise<Stage> {
  const wechat = await startFakeWechat();
  const providers = { wechat: { ...wechat.config, display_name: 'wechat' } };
  const server = await startTestServer({ config: { oauth: { providers }, rbac: { four_eyes: fourEyes } } });
  // The administrator that every server begins with is nobody of the scenarios.
  await server.deps.database.db.collection('users').deleteMany({});
  const ids = new Map<string, string>();
  for (const { username, role } of people) {
    const { id } = await server.createUser([{ name: role }], { username, email: emailOf(username), password });
    ids.set(username, id);
  }
  return {
    url: server.url,
    now: server.clock.now,
    advance: server.clock.advance,
    async readSms(phone) {
      await settleOutbox(server);
      return readCode(server, toE164(phone));
    },
    async readMail(to) {
      // What only tells something has neither.
      const mail = (await readMails(server, to)).find(({ code, link }) => code !== null || link !== null);
      const link = mail?.link ? new URL(mail.link) : null;
      return { code: mail?.code ?? '', token: link?.searchParams.get('token') ?? '' };
    },
    idOf: async (username) => ids.get(username) ?? '',
    async close() {
      await server.close();
      await wechat.close();
    },
  };
}

export async function startFake(): Promise<Stage> {
  const fake = createFakeAuthCenter({
    webhookFetch: fetch,
    users: people.map(({ username, role }) => ({ username, email: emailOf(username), password, roles: [role] })),
    providers: { wechat: null },
    fourEyes,
  });
  // By a port as the real one: what the platform's fetch makes of an answer is part of it.
  const { url, close } = await fake.listen();
  return {
    url,
    now: fake.now,
    advance: fake.advance,
    readSms: async (phone) => fake.outbox.find(({ to }) => to === toE164(phone))?.code ?? '',
    async readMail(to) {
      const { code, token } = fake.outbox.find((message) => message.to === to) ?? {};
      return { code: code ?? '', token: token ?? '' };
    },
    idOf: async (username) => fake.user(username).id,
    close,
  };
}
