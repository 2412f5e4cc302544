// The process: config, deps, app, listen, signals.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import closeWithGrace from 'close-with-grace';
import Fastify, { type FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import { type Config, defaultPublicUrl, loadConfig, type Secrets } from './config.ts';
import { createDeps, type Deps, type DepsOverrides } from './deps.ts';
import { cleanUp } from './features/system/cleanup.ts';
import { syncLegacyClient } from './features/system/clients/legacy.ts';
import { watchCopies } from './features/system/consistency/watch.ts';
import { type Administrator, seedAdministrator } from './features/system/seed.ts';
import { lapseRequests } from './features/users/requests/lapse.ts';
import { sweepGrants } from './features/users/sweep-grants.ts';
import { addMetricsRoute } from './http/health.ts';
import { explainStartError } from './start-error.ts';

export interface StartOptions {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly notices: readonly string[];
  readonly overrides?: DepsOverrides;
  /** How long a stop waits for requests in flight before it ends their connections, in ms. */
  readonly drainTime?: number;
}

export interface RunningServer {
  readonly url: string;
  readonly deps: Deps;
  /** Only when the first administrator was made just now. */
  readonly administrator: Administrator | null;
  /** Readiness goes false, requests in flight finish, leases are given back. */
  close(): Promise<void>;
}

/** Requests in flight get this long to finish, in ms. */
export const STOP_GRACE = 30_000;

/** Then the connections that are left end, so that leases are still given back within the grace. */
const DRAIN_TIME = 25_000;

/** How often is looked for grants and requests that run out, in ms: their holders and the record hear of it by then. */
const SWEEP_INTERVAL = 60_000;

/** Starts one server; nothing is left running when it throws. */
export async function startServer({
  config,
  secrets,
  notices,
  overrides = {},
  drainTime = DRAIN_TIME,
}: StartOptions): Promise<RunningServer> {
  const deps = await createDeps(config, secrets, overrides);
  const opened: FastifyInstance[] = [];
  const timers: NodeJS.Timeout[] = [];
  const close = async () => {
    for (const timer of timers) clearInterval(timer);
    const apps = opened.splice(0);
    for (const app of apps) app.announceStop?.();
    // Keep-alive connections without a request would hold the end up.
    const idle = setInterval(() => {
      for (const app of apps) app.server.closeIdleConnections();
    }, 100);
    const drained = setTimeout(() => {
      for (const app of apps) app.server.closeAllConnections();
    }, drainTime);
    try {
      for (const app of apps) await app.close();
    } finally {
      clearInterval(idle);
      clearTimeout(drained);
      await deps.close();
      deps.log.flush();
    }
  };
  try {
    for (const notice of notices) deps.log.root.warn(notice);
    for (const name of config.security.mfa_required_roles)
      if (!deps.live.roles().byName.has(name))
        deps.log.root.warn(
          `security.mfa_required_roles names ${name}: there is no such role, and nobody is asked for a factor by it`,
        );
    for (const name of config.rbac.four_eyes)
      if (!deps.live.roles().byName.has(name))
        deps.log.root.warn(
          `rbac.four_eyes names ${name}: there is no such role, and no grant waits for a second approval by it`,
        );
    // Before the doors open: whoever finds the server up can sign in, and nobody registers the name or address first.
    const administrator = await seedAdministrator(deps, secrets);
    await syncLegacyClient(deps);
    const { tls } = config.server;
    const app = await buildApp(deps, tls ? { tls: { cert: readFileSync(tls.cert), key: readFileSync(tls.key) } } : {});
    opened.push(app);
    await app.listen({ port: config.server.port, host: config.server.host });
    const { port } = app.server.address() as AddressInfo;
    const url = defaultPublicUrl(config.server, port);
    if (config.server.public_url === undefined) deps.setPublicUrl(url);
    if (config.metrics.port !== undefined) opened.push(await listenForMetrics(deps, config.metrics.port));
    addGauges(deps);
    const repeat = (name: string, work: () => Promise<unknown>, every: number) =>
      timers.push(
        setInterval(
          () => void work().catch((error: unknown) => deps.log.error.error({ error }, `${name} failed`)),
          every,
        ).unref(),
      );
    const interval = config.security.session_cleanup_interval;
    repeat('cleanup', () => cleanUp(deps), interval);
    repeat('the check of copies', () => watchCopies(deps, interval), interval);
    repeat('the sweep of grants', () => sweepGrants(deps), SWEEP_INTERVAL);
    repeat('the sweep of requests', () => lapseRequests(deps), SWEEP_INTERVAL);
    deps.log.root.info({ url, mode: config.server.mode }, 'listening');
    return { url, deps, administrator, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listenForMetrics(deps: Deps, port: number): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({ logger: false });
  app.decorate('deps', deps);
  app.decorate('announceStop', () => undefined);
  addMetricsRoute(app);
  await app.listen({ port, host: deps.config.server.host });
  return app;
}

function addGauges({ metrics, hasher, database, outbox, live, copyChecks }: Deps): void {
  metrics.gauge('authcenter_hash_queue_depth', 'Passwords waiting to be hashed', () => hasher.stats().depth);
  metrics.gauge(
    'authcenter_hash_queue_wait_seconds',
    'Time a new password would wait',
    () => hasher.stats().estimatedWaitMs / 1000,
  );
  metrics.gauge('authcenter_database_connections', 'Connections to the database', () => database.poolStats().size);
  metrics.gauge('authcenter_database_connections_in_use', 'Connections in use', () => database.poolStats().checkedOut);
  metrics.gauge(
    'authcenter_outbox_lag_seconds',
    'Age of the oldest due outbox record',
    async () => (await outbox.lag()) / 1000,
  );
  metrics.gauge('authcenter_outbox_parked', 'Outbox records given up on', () => outbox.countParked());
  metrics.gauges(
    'authcenter_copies_drift',
    'Copies that differed from their source when they were last checked',
    'copy',
    async () => (await copyChecks.read())?.differing ?? {},
  );
  metrics.gauge('authcenter_feed_lag_seconds', 'Time since the change stream was last heard', () => live.lagSeconds());
}

async function main(): Promise<void> {
  try {
    const server = await startServer(loadConfig({ env: process.env, cwd: process.cwd() }));
    if (server.administrator?.isGenerated)
      process.stdout.write(
        `administrator: ${server.administrator.email}  password: ${server.administrator.password}\n`,
      );
    closeWithGrace({ delay: STOP_GRACE }, async ({ err }) => {
      if (err) server.deps.log.error.error({ error: err }, 'uncaught');
      await server.close();
    });
  } catch (error) {
    process.stderr.write(`${explainStartError(error, { env: process.env })}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
