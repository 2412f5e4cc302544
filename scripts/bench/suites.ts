// The suites: which measurements belong to which, in the order they run.
import type { Lab } from './harness/lab.ts';
import type { Section } from './harness/report.ts';
import { measureActs } from './measurements/acts.ts';
import { measureChecks } from './measurements/checks.ts';
import { measureEqualTime } from './measurements/equal-time.ts';
import { measureFailover } from './measurements/failover.ts';
import { measureFootprint } from './measurements/footprint.ts';
import { measureRefresh } from './measurements/refresh.ts';
import { measureRenameRole } from './measurements/rename-role.ts';
import { measureRestCalls } from './measurements/rest-calls.ts';
import { measureSdkFeed } from './measurements/sdk-feed.ts';
import { measureSdkSize } from './measurements/sdk-size.ts';
import { measureSdkVerify } from './measurements/sdk-verify.ts';
import { measureSignIn } from './measurements/sign-in.ts';
import { measureSmsSignIn } from './measurements/sms-sign-in.ts';
import { measureStorm } from './measurements/storm.ts';
import { measureTrpcCheck } from './measurements/trpc-check.ts';
import { measureUserGrowth } from './measurements/user-growth.ts';

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
  auth: {
    sms: measureSmsSignIn,
    'equal-time': measureEqualTime,
  },
  sdk: {
    verify: measureSdkVerify,
    feed: measureSdkFeed,
    size: measureSdkSize,
  },
  users: {
    'rename-role': measureRenameRole,
    checks: measureChecks,
    growth: measureUserGrowth,
  },
};
