// The suites: which measurements belong to which, in the order they run.
import type { Lab } from './harness/lab.ts';
import type { Section } from './harness/report.ts';
import { measureActs } from './measurements/acts.ts';
import { measureFailover } from './measurements/failover.ts';
import { measureFootprint } from './measurements/footprint.ts';
import { measureRefresh } from './measurements/refresh.ts';
import { measureRestCalls } from './measurements/rest-calls.ts';
import { measureSignIn } from './measurements/sign-in.ts';
import { measureStorm } from './measurements/storm.ts';
import { measureTrpcCheck } from './measurements/trpc-check.ts';

export type Measurement = (lab: Lab) => Promise<Section>;

export const suites: Readonly<Record<string, Readonly<Record<string, Measurement>>>> = {
  foundation: {
    acts: measureActs,
    'sign-in': measureSignIn,
    storm: measureStorm,
    refresh: measureRefresh,
    rest: measureRestCalls,
    trpc: measureTrpcCheck,
    footprint: measureFootprint,
    failover: measureFailover,
  },
};
