// Prometheus metrics: one registry per server, so that two servers in one process do not mix.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  /** Starts timing a call; what it returns takes the outcome, `ok` or an error code. */
  startTimer(door: string, procedure: string): (outcome: string) => void;
  readonly signIns: Counter<'way' | 'outcome'>;
  readonly lockedAccounts: Counter;
  readonly verifications: Counter<'outcome'>;
  readonly refreshes: Counter<'outcome'>;
  readonly securityEvents: Counter<'type'>;
  /** A gauge that is read when scraped. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** The same for several figures, told apart by one label. */
  gauges(name: string, help: string, label: string, read: () => Promise<Readonly<Record<string, number>>>): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'authcenter_' });
  const requests = new Counter({
    name: 'authcenter_requests_total',
    help: 'Calls by door, procedure and outcome (ok or error code)',
    labelNames: ['door', 'procedure', 'outcome'],
    registers,
  });
  const latency = new Histogram({
    name: 'authcenter_request_seconds',
    help: 'Time of a call in seconds',
    labelNames: ['door', 'procedure'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  return {
    registry,
    startTimer: (door, procedure) => {
      const startedAt = performance.now();
      return (outcome) => {
        latency.labels(door, procedure).observe((performance.now() - startedAt) / 1000);
        requests.labels(door, procedure, outcome).inc();
      };
    },
    signIns: new Counter({
      name: 'authcenter_sign_ins_total',
      help: 'Sign-ins by way and outcome',
      labelNames: ['way', 'outcome'],
      registers,
    }),
    lockedAccounts: new Counter({
      name: 'authcenter_locked_accounts_total',
      help: 'Locks set after too many failures',
      registers,
    }),
    verifications: new Counter({
      name: 'authcenter_verifications_total',
      help: 'auth.verify by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    refreshes: new Counter({
      name: 'authcenter_refreshes_total',
      help: 'Refreshes by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    securityEvents: new Counter({
      name: 'authcenter_security_events_total',
      help: 'Security events by type',
      labelNames: ['type'],
      registers,
    }),
    gauge: (name, help, read) => {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.set(await read());
        },
      });
    },
    gauges: (name, help, label, read) => {
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers,
        async collect() {
          for (const [value, figure] of Object.entries(await read())) this.labels(value).set(figure);
        },
      });
    },
  };
}
