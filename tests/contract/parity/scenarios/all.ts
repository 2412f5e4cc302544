// Every scenario.
import { applicationsScenarios } from './applications.ts';
import { checksScenarios } from './checks.ts';
import { enteringScenarios } from './entering.ts';
import { grantsScenarios } from './grants.ts';
import { peopleScenarios } from './people.ts';
import { qrScenarios } from './qr.ts';
import { rolesScenarios } from './roles.ts';
import type { Scenarios } from './scenario.ts';
import { sessionsScenarios } from './sessions.ts';
import { signInScenarios } from './sign-in.ts';

export const scenarios: Scenarios = {
  ...enteringScenarios,
  ...signInScenarios,
  ...sessionsScenarios,
  ...qrScenarios,
  ...peopleScenarios,
  ...grantsScenarios,
  ...rolesScenarios,
  ...checksScenarios,
  ...applicationsScenarios,
};
