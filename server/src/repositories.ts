// Every collection's queries, made once over one database.
import type { Config } from './config.ts';
import type { Database } from './database/client.ts';
import { createApiKeysRepository } from './features/auth/api-keys/repository.ts';
import { createOneTimeCodesRepository } from './features/auth/email/repository.ts';
import { createLoginAttemptsRepository } from './features/auth/lockout/repository.ts';
import { createNoticesRepository } from './features/auth/messages/repository.ts';
import { createOAuthStatesRepository } from './features/auth/oauth/repository.ts';
import { createChallengesRepository } from './features/auth/otp/repository.ts';
import { createPasskeyChallengesRepository, createPasskeysRepository } from './features/auth/passkeys/repository.ts';
import { createQrLoginsRepository } from './features/auth/qr/repository.ts';
import { createSessionsRepository, type OnSessionsEnded } from './features/auth/sessions/repository.ts';
import { createTicketsRepository } from './features/auth/sign-in/repository.ts';
import { createAuthorizationCodesRepository } from './features/auth/token/repository.ts';
import { createHoldersRepository } from './features/rbac/holders-repository.ts';
import { createRolesRepository } from './features/rbac/repository.ts';
import { createAuditTrailRepository } from './features/system/audit/repository.ts';
import { createClientsRepository } from './features/system/clients/repository.ts';
import { createCopyChecksRepository } from './features/system/consistency/repository.ts';
import { createSettingsRepository } from './features/system/settings/repository.ts';
import { createStatsRepository } from './features/system/stats/repository.ts';
import { createDeliveriesRepository } from './features/system/webhooks/deliveries-repository.ts';
import { createWebhooksRepository } from './features/system/webhooks/repository.ts';
import { createUsersRepository } from './features/users/repository.ts';
import { createAccessRequestsRepository } from './features/users/requests/repository.ts';
import { createAuditRepository } from './platform/audit.ts';
import { createIdempotencyRepository } from './platform/idempotency.ts';
import { createDevMessagesRepository } from './platform/mail/sender.ts';

/**
 * @param config - the one in force at the time of each call
 * @param onSessionsEnded - told in the transaction that ends them
 */
export const createRepositories = (database: Database, config: () => Config, onSessionsEnded?: OnSessionsEnded) => ({
  users: createUsersRepository(database),
  sessions: createSessionsRepository(database, onSessionsEnded),
  roles: createRolesRepository(database),
  holders: createHoldersRepository(database),
  codes: createOneTimeCodesRepository(database),
  challenges: createChallengesRepository(database),
  tickets: createTicketsRepository(database),
  passkeys: createPasskeysRepository(database),
  passkeyChallenges: createPasskeyChallengesRepository(database),
  oauthStates: createOAuthStatesRepository(database),
  authorizationCodes: createAuthorizationCodesRepository(database),
  qrLogins: createQrLoginsRepository(database),
  accessRequests: createAccessRequestsRepository(database),
  clients: createClientsRepository(database),
  settings: createSettingsRepository(database),
  stats: createStatsRepository(database),
  webhooks: createWebhooksRepository(database),
  webhookDeliveries: createDeliveriesRepository(database),
  apiKeys: createApiKeysRepository(database),
  notices: createNoticesRepository(database),
  attempts: createLoginAttemptsRepository(database, () => config().security.lockout_duration),
  copyChecks: createCopyChecksRepository(database),
  audit: createAuditRepository(database),
  auditTrail: createAuditTrailRepository(database),
  idempotency: createIdempotencyRepository(database),
  devMessages: createDevMessagesRepository(database),
});
export type Repositories = ReturnType<typeof createRepositories>;
