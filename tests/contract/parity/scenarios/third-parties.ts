// Third parties: signing in by them, linked and unlinked, and what an application gets for the code it brings.
import { decodeJwt } from 'jose';
import { MINUTE, type Scenarios, signIn, tokenOf } from './scenario.ts';
import { CHALLENGE, linkWechat, makeClient, REDIRECT, readCode, signInByWechat, told, VERIFIER } from './wechat.ts';

export const thirdPartiesScenarios: Scenarios = {
  async 'third parties'(ask) {
    const admin = await tokenOf(ask, 'root');
    const { client_id } = await makeClient(ask, admin);
    const input = { provider: 'wechat', client_id, redirect_uri: REDIRECT };
    const wanted = { ...input, state: 's', code_challenge: CHALLENGE };
    await ask('auth.oauth.providers');
    await ask('auth.oauth.authorize', { ...wanted, provider: 'github' });
    await ask('auth.oauth.authorize', { ...wanted, provider: 'Git Hub' });
    await ask('auth.oauth.authorize', { ...wanted, client_id: 'f'.repeat(24) });
    await ask('auth.oauth.authorize', { ...wanted, redirect_uri: `${REDIRECT}/` });
    await ask('auth.oauth.authorize', { ...wanted, code_challenge: 'short' });
    await ask('auth.oauth.authorize', { ...wanted, code_challenge_method: 'plain' });
    for (const query of [{}, { state: 'x' }, { state: 'x', code: 'y', iss: 'z' }, { error: 'access_denied' }])
      await ask('auth.oauth.callback', { provider: 'wechat', ...query });
    await ask('auth.oauth.callback', { provider: 'github', state: 'x' });
    const { access_token: token } = await signIn(ask, 'lin.tao');
    await ask('auth.oauth.identities', undefined, { token });
    await ask('auth.oauth.identities');
    await ask('auth.oauth.unlink', { provider: 'wechat' }, { token });
    await ask('auth.oauth.unlink', { provider: 'github' }, { token });
    await ask('auth.oauth.link', { ...input, provider: 'github' }, { token });
    await ask('auth.oauth.link', { ...input, client_id: 'f'.repeat(24) }, { token });
    await ask('auth.oauth.link', { ...input, redirect_uri: 'https://elsewhere.example.com' }, { token });
    await ask('auth.oauth.link', input);
    const fresh = { username: 'fresh.one', email: 'fresh@example.com', password: 'correct horse battery' };
    const unproven = await ask('auth.register', fresh);
    await ask('auth.oauth.link', input, { token: unproven.access_token });
    await ask('users.delete', { id: unproven.user.id }, { token: admin });
    await ask('system.clients.delete', { id: client_id }, { token: admin });
  },

  async 'linking and unlinking'(ask, stage) {
    const admin = await tokenOf(ask, 'root');
    const { client_id } = await makeClient(ask, admin);
    const { access_token: token, refresh_token } = await signIn(ask, 'lin.tao');
    ask.note('linked', told(await linkWechat(stage, client_id, token)));
    const { items } = await ask.quietly('auth.oauth.identities', undefined, { token });
    ask.note('identity', [items.length, Object.keys(items[0]).sort(), items[0].provider, items[0].email]);
    const input = { provider: 'wechat', client_id, redirect_uri: REDIRECT };
    await ask('auth.oauth.link', input, { token });
    ask.note('another', told(await linkWechat(stage, client_id, await tokenOf(ask, 'chen.jing'))));
    const back = await signInByWechat(stage, client_id);
    ask.note('told', told(back).with(-1, 'iss'));
    const grant = { grant_type: 'authorization_code', client_id, redirect_uri: REDIRECT };
    await ask('auth.token', { ...grant, code: readCode(back), code_verifier: VERIFIER });
    const unused = await signInByWechat(stage, client_id);
    await ask('auth.oauth.unlink', { provider: 'wechat' }, { token });
    await ask('auth.token', { ...grant, code: readCode(unused), code_verifier: VERIFIER });
    await ask('auth.me', undefined, { token });
    const { access_token: next } = await ask('auth.refresh', { refresh_token });
    await ask('auth.oauth.identities', undefined, { token: next });
    await ask('auth.oauth.unlink', { provider: 'wechat' }, { token: next });
    stage.advance(11 * MINUTE);
    const { access_token: old } = await ask('auth.refresh', { refresh_token });
    await ask('auth.oauth.link', input, { token: old });
    await ask('auth.oauth.unlink', { provider: 'wechat' }, { token: old });
    await ask('system.clients.delete', { id: client_id }, { token: await tokenOf(ask, 'root') });
  },

  async 'a first sign-in by a third party'(ask, stage) {
    const admin = await tokenOf(ask, 'root');
    const { client_id } = await makeClient(ask, admin);
    const grant = { grant_type: 'authorization_code', client_id, redirect_uri: REDIRECT };
    const code = readCode(await signInByWechat(stage, client_id));
    await ask('auth.token', { ...grant, code, code_verifier: 'w'.repeat(43) });
    await ask('auth.token', { ...grant, code, code_verifier: VERIFIER, redirect_uri: `${REDIRECT}/` });
    const first = await ask.quietly('auth.token', { ...grant, code, code_verifier: VERIFIER });
    const { user, access_token: token } = first;
    ask.note('user', [user.username, user.email, user.phone, user.roles]);
    const { aud, amr } = decodeJwt(token);
    ask.note('claims', [aud, amr]);
    await ask('auth.oauth.unlink', { provider: 'wechat' }, { token });
    // Of what is told of them there only the real one has a name.
    await ask.quietly('users.update', { id: user.id, username: 'by.wechat' }, { token });
    const again = readCode(await signInByWechat(stage, client_id));
    const second = await ask.quietly('auth.token', { ...grant, code: again, code_verifier: VERIFIER });
    ask.note('the same', [second.user.id === user.id, second.user.username]);
    await ask('auth.token', { ...grant, code: again, code_verifier: VERIFIER });
    await ask('auth.me', undefined, { token: second.access_token });
    const late = readCode(await signInByWechat(stage, client_id));
    stage.advance(MINUTE);
    await ask('auth.token', { ...grant, code: late, code_verifier: VERIFIER });
    const refused = readCode(await signInByWechat(stage, client_id));
    await ask.quietly('users.setStatus', { id: user.id, status: 'inactive' }, { token: admin });
    await ask('auth.token', { ...grant, code: refused, code_verifier: VERIFIER });
    await ask('users.delete', { id: user.id }, { token: admin });
    await ask('system.clients.delete', { id: client_id }, { token: admin });
  },
};
