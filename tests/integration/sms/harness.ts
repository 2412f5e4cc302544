// What the SMS tests share: senders as a configuration makes them, a message, and a look for what must not be told.
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, inject, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../server/src/platform/clock.ts';
import { SmsError, type SmsMessage, type SmsSender } from '../../../server/src/platform/sms/sender.ts';
import { createSmsSender } from '../../../server/src/platform/sms/senders.ts';
import { renderSms } from '../../../server/src/platform/sms/texts.ts';
import { captureLog, type LogCapture } from '../../support/log-lines.ts';
import { load } from '../../unit/config/load-test-config.ts';
import { type OwnDatabase, openDatabase } from '../database/open-database.ts';

export const NUMBER = '+8613800138000';
export const CODE = '472913';

/** A clock that is wrong by so many seconds. */
export const clockOff = (seconds: number): Clock => ({ now: () => new Date(Date.now() + seconds * 1000) });

export function message(overrides: Partial<SmsMessage> = {}): SmsMessage {
  const values = { code: CODE, minutes: '5' };
  const { template = 'code', language = 'zh' } = overrides;
  return {
    to: NUMBER,
    template,
    language,
    values,
    text: renderSms(template, language, overrides.values ?? values),
    ...overrides,
  };
}

export let database: OwnDatabase;
/** Called by each file for itself: files share this module. */
export function useDatabase(): void {
  beforeAll(async () => {
    database = await openDatabase(inject('mongoUri'));
  });
  afterAll(() => database.drop());
}

interface SenderOptions {
  readonly clock?: Clock;
  readonly timeout?: number;
  readonly log?: LogCapture;
  readonly mode?: 'development' | 'production';
}

/** What the server would build from these entries of `sms.senders`, read as it reads them. */
export function build(
  entries: readonly object[],
  { clock = systemClock, timeout = 5_000, log = captureLog(), mode = 'development' }: SenderOptions = {},
): SmsSender | null {
  const { config } = load({ AUTHCENTER__SMS__SENDERS: JSON.stringify(entries) });
  const server = { ...config.server, mode };
  return createSmsSender({ ...config, server }, { database, clock, timeout, log: log.log.root });
}

/** The failure; fails when the message was sent. */
export async function failureOf(
  entries: object | readonly object[],
  sms: SmsMessage = message(),
  options: SenderOptions = {},
): Promise<SmsError> {
  const error = await build([entries].flat(), options)
    ?.send(sms)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  if (!(error instanceof SmsError)) throw new Error(`expected an SmsError, got ${String(error)}`);
  expectNothingTold(error, sms);
  return error;
}

export async function send(entry: object, sms: SmsMessage = message(), options: SenderOptions = {}): Promise<void> {
  await build([entry], options)?.send(sms);
}

/** Neither number nor code stand in an error, in what caused it, or in the lines of a log. */
export function expectNothingTold(told: unknown, { to, values }: SmsMessage = message()): void {
  const written = typeof told === 'string' ? told : describe(told);
  for (const secret of [to.slice(-8), values.code ?? CODE]) expect(written).not.toContain(secret);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  return [error.message, error.stack, JSON.stringify(error), describe(error.cause)].join('\n');
}

export interface PassingRequest {
  readonly method: string;
  target: string;
  headers: Record<string, string>;
  body: string;
}

interface PassingAnswer {
  readonly status: number;
  readonly body: string;
}

/** Somebody in the middle, who leaves the Host header as it is. */
export async function startMiddleman(
  target: string,
  act: (request: PassingRequest, pass: (request: PassingRequest) => Promise<PassingAnswer>) => Promise<PassingAnswer>,
): Promise<string> {
  const { hostname, port } = new URL(target);
  const pass = ({ method, target: path, headers, body }: PassingRequest) =>
    new Promise<PassingAnswer>((resolve, reject) => {
      const passed = httpRequest(
        { hostname, port, path, method, headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) } },
        (answer) =>
          void readAll(answer).then((text) => resolve({ status: answer.statusCode ?? 0, body: text }), reject),
      );
      passed.on('error', reject);
      passed.end(body);
    });
  const server = createServer((incoming, response) => {
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
    );
    readAll(incoming)
      .then((body) => act({ method: incoming.method ?? '', target: incoming.url ?? '', headers, body }, pass))
      .then(({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

async function readAll(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
