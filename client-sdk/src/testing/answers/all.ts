// Every procedure that the fake answers by itself; the others are for tests to answer.
import type { Answers } from '../answers.ts';
import { accountAnswers } from './accounts.ts';
import { addressAnswers } from './addresses.ts';
import { apiKeyAnswers } from './api-keys.ts';
import { clientAnswers } from './clients.ts';
import { explanationAnswers } from './explanations.ts';
import { grantAnswers } from './grants.ts';
import { loginAnswers } from './login.ts';
import { permissionChangeAnswers } from './permission-changes.ts';
import { qrAnswers } from './qr.ts';
import { rbacAnswers } from './rbac.ts';
import { roleChangeAnswers } from './role-changes.ts';
import { sessionAnswers } from './sessions.ts';
import { tokenEndpointAnswers } from './token.ts';
import { tokenAnswers } from './tokens.ts';
import { userAnswers } from './users.ts';

export const ANSWERS: Answers = {
  ...loginAnswers,
  ...addressAnswers,
  ...sessionAnswers,
  ...tokenAnswers,
  ...tokenEndpointAnswers,
  ...apiKeyAnswers,
  ...qrAnswers,
  ...userAnswers,
  ...accountAnswers,
  ...grantAnswers,
  ...rbacAnswers,
  ...roleChangeAnswers,
  ...permissionChangeAnswers,
  ...explanationAnswers,
  ...clientAnswers,
  'auth.revocations': ({ feed }, { cursor }, { signal }) => feed.follow(cursor, signal),
};
