// The sign-in provider of a development server for which none is configured: a local fake, called Demo.
import type { Config } from '../../server/src/config.ts';
import { startFakeOidc } from '../fakes/oauth/oidc.ts';

export interface DemoProvider {
  /** What makes the server use it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export const wantsDemoProvider = ({ server, oauth }: Config): boolean =>
  server.mode === 'development' && Object.keys(oauth.providers).length === 0;

export async function startDemoProvider(): Promise<DemoProvider> {
  const title = 'Demo';
  const { config, close } = await startFakeOidc({ title });
  const providers = { demo: { ...config, display_name: title } };
  return { env: { AUTHCENTER__OAUTH__PROVIDERS: JSON.stringify(providers) }, close };
}
