// Every scenario.
import { applicationsScenarios } from './applications.ts';
import { auditScenarios } from './audit.ts';
import { checksScenarios } from './checks.ts';
import { contactsScenarios } from './contacts.ts';
import { enteringScenarios } from './entering.ts';
import { exchangeScenarios } from './exchange.ts';
import { factorsScenarios } from './factors.ts';
import { featuresScenarios } from './features.ts';
import { fourEyesScenarios } from './four-eyes.ts';
import { grantsScenarios } from './grants.ts';
import { heldScenarios } from './held.ts';
import { leavingScenarios } from './leaving.ts';
import { magicLinksScenarios } from './magic-links.ts';
import { passkeysScenarios } from './passkeys.ts';
import { peopleScenarios } from './people.ts';
import { qrScenarios } from './qr.ts';
import { requestsScenarios } from './requests.ts';
import { rolesScenarios } from './roles.ts';
import type { Scenarios } from './scenario.ts';
import { sessionsScenarios } from './sessions.ts';
import { settingsScenarios } from './settings.ts';
import { signInScenarios } from './sign-in.ts';
import { simulationScenarios } from './simulation.ts';
import { thirdPartiesScenarios } from './third-parties.ts';
import { webhooksScenarios } from './webhooks.ts';

export const scenarios: Scenarios = {
  ...enteringScenarios,
  ...signInScenarios,
  ...sessionsScenarios,
  ...factorsScenarios,
  ...passkeysScenarios,
  ...qrScenarios,
  ...peopleScenarios,
  ...grantsScenarios,
  ...rolesScenarios,
  ...checksScenarios,
  ...applicationsScenarios,
  ...contactsScenarios,
  ...leavingScenarios,
  ...magicLinksScenarios,
  ...heldScenarios,
  ...thirdPartiesScenarios,
  ...exchangeScenarios,
  ...webhooksScenarios,
  ...settingsScenarios,
  ...requestsScenarios,
  ...fourEyesScenarios,
  ...featuresScenarios,
  ...simulationScenarios,
  // At last, because it is about all of them.
  ...auditScenarios,
};
