// Accounts opened, and the ways into them.
import { decodeJwt } from 'jose';
import { password } from '../stage.ts';
import { MINUTE, type Scenarios, signIn } from './scenario.ts';

export const signInScenarios: Scenarios = {
  async registering(ask) {
    const person = { username: 'new.one', email: 'New.One@example.com', password, name: 'New One' };
    const { access_token } = await ask('auth.register', person);
    await ask('auth.me', undefined, { token: access_token });
    await ask('auth.register', person);
    await ask('auth.register', { ...person, username: 'new.two' });
    await ask('auth.register', { ...person, username: 'x', email: 'nobody' });
    await ask('auth.register', { ...person, username: 'new.two', email: 'two@example.com', password: 'short' });
    await ask('auth.register', { ...person, username: 'new.two', email: 'two@example.com', password: 'I am new.two!' });
    await ask('auth.register', { ...person, role: 'Admin' });
    await ask('auth.register', {});
  },

  async 'signing in by a password'(ask) {
    const { access_token } = await signIn(ask, 'li.lei');
    const claims = decodeJwt(access_token);
    ask.note('claims', Object.keys(claims).sort());
    ask.note('what they say', [claims['roles'], claims['permissions'], claims['aud'], claims['amr'], claims['epoch']]);
    ask.note('life', (claims.exp ?? 0) - (claims.iat ?? 0));
    await ask('auth.login', {
      email: 'li.lei@example.com',
      password,
      device: { device_type: 'mobile', device_name: 'P' },
    });
    await ask('auth.login', { username: 'li.lei@example.com', password });
    await ask('auth.login', { username: 'li.lei', password: 'wrong' });
    await ask('auth.login', { username: 'nobody', password });
    await ask('auth.login', { username: 'li.lei', password, refresh_transport: 'cookie' });
    await ask('auth.login', { username: 'li.lei' });
    await ask('auth.login', { magic_token: 'x' });
  },

  async 'the lock after five failures'(ask, { advance }) {
    for (let failure = 0; failure < 5; failure++) await ask('auth.login', { username: 'jim.green', password: 'wrong' });
    await ask('auth.login', { username: 'jim.green', password });
    advance(31 * MINUTE);
    await signIn(ask, 'jim.green');
  },

  async 'codes by text message'(ask, { readSms }) {
    const phone = '13800138000';
    await ask('auth.otp.send', { phone, purpose: 'login' });
    const code = await readSms(phone);
    await ask('auth.login', { phone, code: code === '000000' ? '000001' : '000000' });
    await ask('auth.login', { phone, code });
    await ask('auth.login', { phone, code });
    await ask('auth.otp.send', { phone, purpose: 'step_up' });
    await ask('auth.otp.send', { phone: '12', purpose: 'login' });
    await ask('auth.otp.send', { phone: '13800138001', purpose: 'register' });
    const other = await readSms('13800138001');
    await ask('auth.register', { phone: '13800138001', code: other, name: 'By phone' });
  },

  async 'another password'(ask, { advance }) {
    const [one, other] = [await signIn(ask, 'han.meimei'), await signIn(ask, 'han.meimei')];
    const token = one.access_token;
    const change = { old_password: password, new_password: 'another horse battery' };
    await ask('auth.password.change', { ...change, old_password: 'wrong' }, { token });
    await ask('auth.password.change', { ...change, new_password: 'short' }, { token });
    await ask('auth.password.change', change, { token });
    await ask('auth.me', undefined, { token: other.access_token });
    await ask('auth.me', undefined, { token });
    await signIn(ask, 'han.meimei');
    const again = await ask('auth.login', { username: 'han.meimei', password: 'another horse battery' });
    await ask('auth.password.change', { new_password: password }, { token: again.access_token });
    await ask('auth.password.forgot', { email: 'nobody@example.com' });
    await ask('auth.password.reset', { token: 'x', new_password: 'another horse battery' });
    await ask('auth.email.verify', { token: 'x' });
    advance(11 * MINUTE);
    await ask(
      'auth.password.change',
      { new_password: 'another horse battery' },
      { token: (await ask('auth.refresh', { refresh_token: again.refresh_token })).access_token },
    );
  },
};
