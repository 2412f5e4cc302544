// Where webhooks may lead, by the configuration.
import type { Config } from '../../../config.ts';
import type { StrangerRules } from '../../../platform/strangers.ts';

export const strangerRules = ({ server, webhooks }: Config): StrangerRules => ({
  allowLoopback: server.mode === 'development',
  allowPrivate: webhooks.allow_private,
  timeout: webhooks.timeout,
});
