// Every procedure's answer.
import type { Answers } from '../answers.ts';
import { accessDecisionAnswers } from './access-decisions.ts';
import { accessRequestAnswers } from './access-requests.ts';
import { accountAnswers } from './accounts.ts';
import { addressAnswers } from './addresses.ts';
import { apiKeyAnswers } from './api-keys.ts';
import { auditAnswers } from './audit.ts';
import { clientAnswers } from './clients.ts';
import { contactAnswers } from './contacts.ts';
import { explanationAnswers } from './explanations.ts';
import { factorAnswers } from './factors.ts';
import { featureAnswers } from './features.ts';
import { grantAnswers } from './grants.ts';
import { heldAnswers } from './held.ts';
import { loginAnswers } from './login.ts';
import { passkeyAnswers } from './passkeys.ts';
import { permissionChangeAnswers } from './permission-changes.ts';
import { qrAnswers } from './qr.ts';
import { rbacAnswers } from './rbac.ts';
import { roleChangeAnswers } from './role-changes.ts';
import { sessionAnswers } from './sessions.ts';
import { settingsAnswers } from './settings.ts';
import { simulationAnswers } from './simulation.ts';
import { statsAnswers } from './stats.ts';
import { thirdPartyAnswers } from './third-parties.ts';
import { tokenEndpointAnswers } from './token.ts';
import { tokenAnswers } from './tokens.ts';
import { userAnswers } from './users.ts';
import { webhookAnswers } from './webhooks.ts';

export const ANSWERS: Required<Answers> = {
  ...loginAnswers,
  ...factorAnswers,
  ...passkeyAnswers,
  ...addressAnswers,
  ...contactAnswers,
  ...thirdPartyAnswers,
  ...sessionAnswers,
  ...tokenAnswers,
  ...tokenEndpointAnswers,
  ...apiKeyAnswers,
  ...qrAnswers,
  ...userAnswers,
  ...accountAnswers,
  ...heldAnswers,
  ...grantAnswers,
  ...rbacAnswers,
  ...roleChangeAnswers,
  ...permissionChangeAnswers,
  ...explanationAnswers,
  ...clientAnswers,
  ...auditAnswers,
  ...statsAnswers,
  ...webhookAnswers,
  ...settingsAnswers,
  ...accessRequestAnswers,
  ...accessDecisionAnswers,
  ...featureAnswers,
  ...simulationAnswers,
  'auth.revocations': ({ feed }, { cursor }, { signal }) => feed.follow(cursor, signal),
};
