// What an application that verifies by a secret of its own gets for a user's token.
import { jwtVerify } from 'jose';
import { type Scenarios, tokenOf } from './scenario.ts';
import { linkWechat, makeClient, REDIRECT, readCode, signInByWechat, VERIFIER } from './wechat.ts';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SECRET = 'd0c4a1f39b6e57828a7c43f1e6b09d25c8f7e1a2b3946d5f70819e2a4c6b8d03';

export const exchangeScenarios: Scenarios = {
  async 'exchanging a token'(ask, stage) {
    const admin = await tokenOf(ask, 'root');
    const service = { name: 'Chat', kind: 'service', redirect_uris: [], exchange_secret: SECRET };
    const { client_id, client_secret } = await makeClient(ask, admin, service);
    const plain = await makeClient(ask, admin, { name: 'Plain', kind: 'service', redirect_uris: [] });
    const shop = await makeClient(ask, admin, { audiences: [client_id] });
    const exchange = { grant_type: EXCHANGE, client_id, client_secret, subject_token_type: ACCESS_TOKEN };
    const own = await tokenOf(ask, 'lin.tao');
    await ask('auth.token', { ...exchange, subject_token: own });
    await ask('auth.token', { ...exchange, subject_token: 'nonsense' });
    await ask('auth.token', exchange);
    await ask('auth.token', { ...exchange, subject_token: own, subject_token_type: 'x', requested_token_type: 'y' });
    await ask('auth.token', { ...exchange, subject_token: own, audience: shop.client_id });
    await ask('auth.token', { ...exchange, subject_token: own, client_secret: 'wrong' });
    const poor = { client_id: plain.client_id, client_secret: plain.client_secret };
    await ask('auth.token', { ...exchange, ...poor, subject_token: own });
    const services = { grant_type: 'client_credentials', client_id, client_secret };
    const { access_token: itself } = await ask('auth.token', services);
    await ask('auth.token', { ...exchange, subject_token: itself });

    await linkWechat(stage, shop.client_id, own);
    const code = readCode(await signInByWechat(stage, shop.client_id));
    const grant = { grant_type: 'authorization_code', client_id: shop.client_id, redirect_uri: REDIRECT };
    const { access_token: token } = await ask('auth.token', { ...grant, code, code_verifier: VERIFIER });
    const { access_token: theirs } = await ask('auth.token', { ...exchange, subject_token: token });
    const key = new TextEncoder().encode(SECRET);
    // A clock that was moved is ahead of this one.
    const { payload, protectedHeader } = await jwtVerify(theirs, key, { currentDate: new Date(0) });
    const { iat = 0, exp = 0, ...claims } = payload;
    ask.note('what it says', [protectedHeader, claims, { expires_in: exp - iat }]);
    await ask('auth.token', { ...exchange, subject_token: theirs });
    await ask('auth.me', undefined, { token: theirs });
    await ask('auth.oauth.unlink', { provider: 'wechat' }, { token: own });
    await ask('auth.token', { ...exchange, subject_token: token });
    for (const { client_id: id } of [{ client_id }, plain, shop])
      await ask('system.clients.delete', { id }, { token: admin });
  },
};
