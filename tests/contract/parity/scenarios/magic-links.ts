// Signing in by the link of a mail.
import { MINUTE, type Scenarios, tokenOf } from './scenario.ts';

export const magicLinksScenarios: Scenarios = {
  async 'the link of a mail'(ask, { readMail, advance, idOf }) {
    const root = { token: await tokenOf(ask, 'root') };
    const email = 'lin.tao@example.com';
    const send = async () => {
      await ask('auth.otp.send', { email, purpose: 'login' });
      return readMail(email);
    };
    const setOn = async (isOn: boolean | null) => {
      const { version } = await ask.quietly('system.config.get', undefined, root);
      await ask.quietly('system.config.update', { version, settings: { 'auth.magic_link': isOn } }, root);
    };
    ask.note('no link', (await send()).token);
    await setOn(true);
    const first = await send();
    await ask('auth.password.reset', { token: first.token, new_password: 'another horse battery' });
    await ask('auth.email.verify', { token: first.token });
    await ask('auth.login', { magic_token: first.token, refresh_transport: 'cookie' });
    await ask('auth.login', { magic_token: first.token, device: { device_name: '应用' } });
    await ask('auth.login', { magic_token: first.token });
    await ask('auth.login', { email, code: first.code });
    const second = await send();
    await ask('auth.login', { email, code: second.code });
    await ask('auth.login', { magic_token: second.token });
    const third = await send();
    await ask('users.setStatus', { id: await idOf('lin.tao'), status: 'inactive' }, root);
    await ask('auth.login', { magic_token: third.token });
    await ask('users.setStatus', { id: await idOf('lin.tao'), status: 'active' }, root);
    await setOn(null);
    await ask('auth.login', { magic_token: third.token });
    await setOn(true);
    await ask('auth.login', { magic_token: third.token });
    const late = await send();
    advance(15 * MINUTE);
    await ask('auth.login', { magic_token: late.token });
    await setOn(null);
  },
};
