// How the session does what it says: whatever opens one ends in `open`, which keeps the tokens and tells of it.
import type { Auth } from './auth.ts';
import { covers } from './can.ts';
import type { Environment } from './environment.ts';
import { holdsTokens, type SessionUser, type Tokens, toRecord } from './record.ts';
import { leaveForProvider, readReturn, requirePage } from './redirect.ts';
import type { Refresher } from './refresher.ts';
import type { Api, RouterOutputs } from './router.ts';
import type { Session } from './session.ts';
import type { FactorResult } from './sign-in.ts';
import type { StepUp } from './step-up.ts';
import type { Tabs } from './tabs.ts';

interface Parts {
  readonly stepUp: StepUp;
  /** Of the server, without a slash at the end. */
  readonly url: string;
  readonly session: Session;
  readonly refresher: Refresher;
  readonly tabs: Tabs;
  readonly env: Pick<Environment, 'now' | 'page' | 'randomBytes' | 'sha256'>;
  readonly api: Api;
  readonly bare: Api;
  readonly transport: 'body' | 'cookie';
}

export function createAuth({ session, refresher, tabs, env, api, bare, stepUp, url, transport }: Parts): Auth {
  async function open<T extends { status: string }>(
    send: () => Promise<T>,
  ): Promise<Exclude<T, Tokens> | { status: 'ok'; user: SessionUser }> {
    // An older session's refresh must not answer after this: its cookie would replace the new one.
    if (transport === 'cookie') await refresher.settle();
    const askedAt = env.now();
    const answer = await send();
    if (!holdsTokens(answer)) return answer as Exclude<T, Tokens>;
    const record = toRecord(answer, askedAt, env.now());
    await session.replace(record);
    tabs.announce({ sid: record.sid, record });
    return { status: 'ok', user: record.user };
  }

  /** In the name of who is signed in, or of the sign-in that waits. */
  async function addFactor(
    send: (client: Api) => Promise<RouterOutputs['auth']['mfa']['activate']>,
    setupToken: string | undefined,
  ): Promise<FactorResult> {
    if (setupToken === undefined) return (await send(api)) as FactorResult;
    let backup_codes: string[] | null = null;
    const result = await open(async () => {
      const answer = await send(bare);
      backup_codes = answer.backup_codes;
      return answer;
    });
    return { ...result, backup_codes };
  }

  return {
    get user() {
      return session.record?.user ?? null;
    },

    get status() {
      if (session.record) return 'signed-in';
      return session.isSettled ? 'signed-out' : 'loading';
    },

    ready: async () => (await refresher.provide())?.user ?? null,

    login: (input, options) => open(() => bare.auth.login.mutate({ ...input, refresh_transport: transport }, options)),

    verifyMfa: (input, options) => open(() => bare.auth.mfa.verify.mutate(input, options)),

    activateMfa: (input, options) =>
      addFactor((client) => client.auth.mfa.activate.mutate(input, options), input.setup_token),

    addPasskey: (input, options) =>
      addFactor((client) => client.auth.passkeys.register.mutate(input, options), input.setup_token),

    claimQr: (input, options) =>
      open(() => bare.auth.qr.claim.mutate({ ...input, refresh_transport: transport }, options)),

    stepUp: (proof) => stepUp.prove(proof),

    signInWithRedirect: (options) => leaveForProvider(env, url, options),

    async handleRedirectCallback() {
      const grant = readReturn(env, url);
      if (!grant) return null;
      return open(async () => {
        const result = await bare.auth.token.mutate({ ...grant, refresh_transport: transport });
        // A code opens a session; only the other grants' answers have no status.
        return result as Extract<typeof result, { status: string }>;
      });
    },

    async linkWithRedirect({ provider, clientId: client_id, redirectUri: redirect_uri }) {
      const page = requirePage(env);
      page.assign((await api.auth.oauth.link.mutate({ provider, client_id, redirect_uri })).url);
    },

    register: (input, options) =>
      open(() => bare.auth.register.mutate({ ...input, refresh_transport: transport }, options)),

    async logout({ everywhere = false } = {}) {
      await session.reload();
      const { record } = session;
      if (everywhere && record) await api.auth.logoutAll.mutate();
      await session.replace(null);
      if (record) tabs.announce({ sid: record.sid, record: null });
      // With the cookie only the server knows whether there is a session left to end.
      if ((everywhere && record) || (!record && transport === 'body')) return;
      const refreshToken = record?.refresh_token;
      await bare.auth.logout.mutate(refreshToken ? { refresh_token: refreshToken } : undefined, {
        context: { token: record?.access_token },
      });
    },

    can: (permission) => covers(session.record?.user ?? null, permission),

    onChange: (listener) => session.subscribe(listener),

    async getAccessToken({ refresh = false } = {}) {
      const record = await refresher.provide();
      if (refresh && record) await refresher.renew(record);
      return session.record?.access_token ?? null;
    },
  };
}
