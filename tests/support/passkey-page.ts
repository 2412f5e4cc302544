// A page of an application that signs its users in here, on an origin of its own: what its script does with fetch and WebAuthn.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Plain script, as an application would write it. Each act answers the last thing that the server said, or what the browser threw. */
const SCRIPT = `
const api = new URLSearchParams(location.search).get('api') + '/api/v1';
let token;

async function call(method, path, body) {
  const response = await fetch(api + path, {
    method,
    credentials: 'include',
    headers: { ...(body && { 'content-type': 'application/json' }), ...(token && { authorization: 'Bearer ' + token }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = response.status === 204 ? {} : await response.json();
  token = answer.access_token ?? token;
  return { http: response.status, ...answer };
}

async function sign(asked) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await call('POST', '/auth/passkeys/login-options', asked));
  return (await navigator.credentials.get({ publicKey })).toJSON();
}

const acts = {
  signIn: (email, password) => call('POST', '/auth/login', { email, password, refresh_transport: 'cookie' }),
  signInByPasskey: async () => call('POST', '/auth/login', { assertion: await sign({}), refresh_transport: 'cookie' }),
  finishByPasskey: async (mfa_token) =>
    call('POST', '/auth/mfa/verify', { mfa_token, method: 'passkey', assertion: await sign({ mfa_token }) }),
  stepUp: async () => call('POST', '/auth/step-up', { assertion: await sign({ purpose: 'step_up' }) }),
  async register(label) {
    const options = await call('POST', '/auth/passkeys/register-options');
    if (options.http !== 200) return options;
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = await navigator.credentials.create({ publicKey });
    return call('POST', '/auth/passkeys', { attestation: credential.toJSON(), label });
  },
  refresh: () => call('POST', '/auth/refresh'),
  list: () => call('GET', '/auth/passkeys'),
  me: () => call('GET', '/auth/me'),
  async signOut() {
    const answer = await call('POST', '/auth/logout');
    token = undefined;
    return answer;
  },
};

window.act = (name, ...values) =>
  acts[name](...values).catch((error) => ({ thrown: error.name }));
`;

export interface PageServer {
  readonly origin: string;
  /** The page, told where the server is. */
  urlFor(api: string): string;
  close(): Promise<void>;
}

export async function startPageServer(): Promise<PageServer> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>App</title><script>${SCRIPT}</script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    urlFor: (api) => `${origin}/?api=${encodeURIComponent(api)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
