// Entry `@authcenter/client/testing`: what tests of applications and services need in the place of a server.
export type { FakeCaller } from './testing/call.ts';
export { checkRefreshConformance } from './testing/conformance/check.ts';
export type {
  ConformanceClient,
  ConformanceFinding,
  ConformanceOptions,
  ConformanceServer,
  ConformanceSetting,
} from './testing/conformance/types.ts';
export { createFakeAuthCenter } from './testing/create-fake.ts';
export type { ListeningFake } from './testing/doors/listen.ts';
export type { FakeAnswer, FakeAuthCenter, FakeInput, FakeOutput } from './testing/fake.ts';
export type { FailOptions, HeldAnswers } from './testing/faults.ts';
export type { FakeAuthCenterOptions, FakeClientSeed, FakeRoleSeed, FakeUserSeed } from './testing/options.ts';
export type { FakeMessage } from './testing/outbox.ts';
export {
  createTestIssuer,
  type TestClientTokenOptions,
  type TestIssuer,
  type TestIssuerOptions,
  type TestTokenOptions,
} from './testing/tokens/issuer.ts';
