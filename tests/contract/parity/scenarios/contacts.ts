// One's own addresses: bound, given up, claimed by others.
import type { Ask } from '../ask.ts';
import { password, type Stage } from '../stage.ts';
import { MINUTE, type Scenarios, signIn, tokenOf } from './scenario.ts';

const wrong = (code: string): string => (code === '000000' ? '000001' : '000000');

/** An account that has its phone number and nothing else. */
async function openByPhone(ask: Ask, { readSms }: Stage, phone: string) {
  await ask('auth.otp.send', { phone, purpose: 'login' });
  return ask('auth.login', { phone, code: await readSms(phone) });
}

/** The code that is sent to an address that is to be bound. */
async function askToBind(ask: Ask, { readMail }: Stage, email: string, token: string): Promise<string> {
  await ask('auth.otp.send', { email, purpose: 'bind' }, { token });
  return (await readMail(email.toLowerCase())).code;
}

async function bind(ask: Ask, stage: Stage, email: string, token: string) {
  return ask('auth.contact.bind', { email, code: await askToBind(ask, stage, email, token) }, { token });
}

export const contactsScenarios: Scenarios = {
  async 'an address and a number of one’s own'(ask, stage) {
    const { access_token: token, refresh_token } = await signIn(ask, 'lin.tao');
    const refresh = async (): Promise<string> => (await ask('auth.refresh', { refresh_token })).access_token;
    const email = 'Tao@example.com';
    await ask('auth.otp.send', { email, purpose: 'bind' });
    const code = await askToBind(ask, stage, email, token);
    await ask('auth.contact.bind', { email, code });
    await ask('auth.contact.bind', { email, code: wrong(code) }, { token });
    await ask('auth.contact.bind', { email: 'other@example.com', code }, { token });
    await ask('auth.contact.bind', { email, code }, { token: await tokenOf(ask, 'chen.jing') });
    await ask('auth.contact.bind', { email, code }, { token });
    await ask('auth.me', undefined, { token });
    await ask('auth.contact.bind', { email, code }, { token: await refresh() });
    await ask('auth.login', { email, password });
    await ask('auth.login', { email: 'lin.tao@example.com', password });
    const phone = '138 0013 8201';
    const next = await refresh();
    await ask('auth.otp.send', { phone, purpose: 'bind' }, { token: next });
    const sms = await stage.readSms('13800138201');
    await ask('auth.contact.bind', { phone: '12', code: sms }, { token: next });
    await ask('auth.contact.bind', { phone, code: sms, email }, { token: next });
    await ask('auth.contact.bind', { phone, code: sms }, { token: next });
    await ask('auth.contact.remove', { contact: 'phone' }, { token: next });
    const then = await refresh();
    await ask('auth.contact.remove', { contact: 'fax' }, { token: then });
    await ask('auth.contact.remove', { contact: 'phone' }, { token: then });
    const last = await refresh();
    await ask('auth.me', undefined, { token: last });
    await ask('auth.contact.remove', { contact: 'phone' }, { token: last });
    await ask('auth.contact.remove', { contact: 'email' }, { token: last });
    await ask('auth.me', undefined, { token: await refresh() });
    await bind(ask, stage, 'lin.tao@example.com', await refresh());
    stage.advance(11 * MINUTE);
    const old = await refresh();
    await ask('auth.contact.remove', { contact: 'email' }, { token: old });
    await ask('auth.contact.bind', { email, code }, { token: old });
    await ask('auth.account.delete', undefined, { token: old });
  },

  async 'an address that another has'(ask, stage) {
    const { access_token: token, refresh_token } = await signIn(ask, 'lin.tao');
    const root = { token: await tokenOf(ask, 'root') };
    const taken = 'chen.jing@example.com';
    const code = await askToBind(ask, stage, taken, token);
    await ask('auth.contact.bind', { email: taken, code: wrong(code) }, { token });
    await ask('auth.contact.bind', { email: taken, code }, { token });
    const claimed = { username: 'claimer', email: 'claimed@example.com', password };
    const { user, access_token: claimers } = await ask('auth.register', claimed);
    await bind(ask, stage, claimed.email, token);
    await ask('auth.me', undefined, { token: claimers });
    await ask('auth.login', { username: claimed.username, password });
    await ask('users.get', { id: user.id }, root);
    await ask('users.delete', { id: user.id }, root);
    const made = await ask('users.create', { username: 'made.one', email: 'made@example.com', password }, root);
    await ask('users.update', { id: made.id, email: 'mistyped@example.com' }, root);
    const { access_token: next } = await ask('auth.refresh', { refresh_token });
    await bind(ask, stage, 'mistyped@example.com', next);
    await ask('users.get', { id: made.id }, root);
    await ask('users.delete', { id: made.id }, root);
    const { access_token: last } = await ask('auth.refresh', { refresh_token });
    await bind(ask, stage, 'lin.tao@example.com', last);
  },

  async 'the last way in'(ask, stage) {
    const root = { token: await tokenOf(ask, 'root') };
    const { access_token: token, refresh_token, user } = await openByPhone(ask, stage, '13800138202');
    await ask('auth.contact.remove', { contact: 'phone' }, { token });
    await ask('auth.contact.remove', { contact: 'email' }, { token });
    await bind(ask, stage, 'by.phone@example.com', token);
    const { access_token: next } = await ask('auth.refresh', { refresh_token });
    await ask('auth.contact.remove', { contact: 'phone' }, { token: next });
    const { access_token: last } = await ask('auth.refresh', { refresh_token });
    await ask('auth.contact.remove', { contact: 'email' }, { token: last });
    await ask('users.delete', { id: user.id }, root);
  },

  async 'codes guessed at'(ask, stage) {
    const { access_token: token, user } = await openByPhone(ask, stage, '13800138203');
    const email = 'guessed@example.com';
    const code = await askToBind(ask, stage, email, token);
    for (let guess = 0; guess < 6; guess++) await ask('auth.contact.bind', { email, code: wrong(code) }, { token });
    await ask('auth.contact.bind', { email, code }, { token });
    await ask('users.delete', { id: user.id }, { token: await tokenOf(ask, 'root') });
  },
};
