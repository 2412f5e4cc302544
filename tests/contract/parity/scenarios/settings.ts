// The settings that are changed while a server runs, and what they do to guesses, passwords and registrations.
import type { Ask } from '../ask.ts';
import { password } from '../stage.ts';
import { MINUTE, makePerson, type Scenarios, signIn, tokenOf } from './scenario.ts';

type Values = Readonly<Record<string, unknown>>;

/** Sets some over whatever version there is. */
async function set(ask: Ask, token: string, settings: Values): Promise<void> {
  const { version } = await ask('system.config.get', undefined, { token });
  await ask('system.config.update', { version, settings }, { token });
}

/** As the configuration has them. */
const unset = (ask: Ask, token: string, ...keys: string[]) =>
  set(ask, token, Object.fromEntries(keys.map((key) => [key, null])));

const guessOf = (ask: Ask, username: string) => ask('auth.login', { username, password: 'not the one' });

export const settingsScenarios: Scenarios = {
  async 'reading and changing settings'(ask, { advance }) {
    const token = await tokenOf(ask, 'root');
    const as = { token };
    const { version } = await ask('system.config.get', undefined, as);
    const settings = { 'security.max_login_attempts': 3, 'security.lockout_duration': '60m', 'sms.daily_cap': 7 };
    await ask('system.config.update', { version, settings }, as);
    await ask('system.config.update', { version, settings }, as);
    await ask('system.config.get', undefined, as);
    const next = version + 1;
    const wrong: readonly Values[] = [
      { 'security.max_login_attempts': 0 },
      { 'security.max_login_attempts': 51, 'security.lockout_duration': '31d', 'rate_limit.login': '0/m' },
      { 'security.max_login_attempts': 2.5 },
      { 'security.lockout_duration': '30' },
      { 'security.lockout_duration': '1.5h', 'security.password_profile': 'strict' },
      { 'security.password_max_age': '23h' },
      { 'security.mfa_required_roles': ['Nobody'] },
      { 'security.mfa_required_roles': ['Nobody'], 'security.password_history': 25 },
      { 'sms.allowed_countries': ['cn'], 'sms.daily_cap': -1 },
      { 'sms.allowed_countries': 'CN' },
      { 'registration.email_verification': 'maybe', 'rate_limit.refresh': '60/w' },
      { 'auth.magic_link': 'yes' },
      { 'jwt.access_token_expire': '1h' },
    ];
    for (const one of wrong) await ask('system.config.update', { version: next, settings: one }, as);
    // Whose role there is not is told before the version is looked at.
    await ask('system.config.update', { version, settings: { 'security.mfa_required_roles': ['Nobody'] } }, as);
    await ask('system.config.update', { version: -1, settings: {} }, as);
    await ask('system.config.update', { settings: {} }, as);
    const odd = { 'security.lockout_duration': '1.5h', 'rate_limit.login': '5/h', 'sms.allowed_countries': [] };
    await ask('system.config.update', { version: next, settings: { ...odd, 'sms.daily_cap': null } }, as);
    await ask('system.config.update', { version: next + 1, settings: {} }, as);
    await unset(ask, token, 'security.max_login_attempts', 'security.lockout_duration', 'rate_limit.login');
    await unset(ask, token, 'sms.allowed_countries', 'sms.daily_cap');
    const editor = await tokenOf(ask, 'zhao.min');
    await ask('system.config.get', undefined, { token: editor });
    await ask('system.config.update', { version: 0, settings: {} }, { token: editor });
    await ask('system.config.get');
    advance(11 * MINUTE);
    await ask('system.config.get', undefined, as);
    await ask('system.config.update', { version: 0, settings: {} }, as);
  },

  async 'how many guesses there are, and for how long a lock is closed'(ask, { advance }) {
    const token = await tokenOf(ask, 'root');
    const { id } = await makePerson(ask, token, 'guessed.at');
    await set(ask, token, { 'security.max_login_attempts': 2, 'security.lockout_duration': '2m' });
    for (let guess = 0; guess < 3; guess++) await guessOf(ask, 'guessed.at');
    await signIn(ask, 'guessed.at');
    advance(2 * MINUTE);
    await signIn(ask, 'guessed.at');
    // What closed no lock is forgotten after that time as well.
    await guessOf(ask, 'guessed.at');
    advance(2 * MINUTE);
    await guessOf(ask, 'guessed.at');
    await signIn(ask, 'guessed.at');
    await guessOf(ask, 'guessed.at');
    await set(ask, token, { 'security.max_login_attempts': 1 });
    await signIn(ask, 'guessed.at');
    await unset(ask, token, 'security.max_login_attempts');
    await signIn(ask, 'guessed.at');
    await unset(ask, token, 'security.lockout_duration');
    await ask('users.delete', { id }, { token });
  },

  async 'what a password must be'(ask) {
    const token = await tokenOf(ask, 'root');
    const { id, token: access_token } = await makePerson(ask, token, 'well.kept');
    const change = async (as: string, old_password: string, new_password: string) =>
      ask('auth.password.change', { old_password, new_password }, { token: as });
    await set(ask, token, { 'security.password_min_length': 12 });
    await change(access_token, password, 'too short 1');
    await ask('auth.register', { username: 'x.y', email: 'x@example.com', password: 'too short 1' });
    await unset(ask, token, 'security.password_min_length');
    await set(ask, token, { 'security.password_profile': 'mlps', 'security.password_history': 2 });
    await change(access_token, password, 'only two kinds');
    await change(access_token, password, 'Well.Kept of 3');
    let [now, last] = [access_token, password];
    const used = ['Three kinds of 1', 'Three kinds of 2', 'Three kinds of 3'];
    for (const next of used) {
      await change(now, last, next);
      await change(now, last, next);
      ({ access_token: now } = await ask('auth.login', { username: 'well.kept', password: next }));
      last = next;
    }
    for (const earlier of [...used].reverse()) await change(now, last, earlier);
    await unset(ask, token, 'security.password_profile', 'security.password_history');
    await ask('users.delete', { id }, { token });
  },

  async 'whether an address must be proven'(ask) {
    const token = await tokenOf(ask, 'root');
    const register = (username: string) =>
      ask('auth.register', { username, email: `${username}@example.com`, password });
    await set(ask, token, { 'registration.email_verification': 'required' });
    await register('in.doubt');
    await signIn(ask, 'in.doubt');
    await register('in.doubt');
    await set(ask, token, { 'registration.email_verification': 'off' });
    await signIn(ask, 'in.doubt');
    await register('no.doubt');
    await register('no.doubt');
    const { items } = await ask('users.list', { search: 'in.doubt' }, { token });
    const { items: others } = await ask('users.list', { search: 'no.doubt' }, { token });
    for (const { id } of [...items, ...others]) await ask('users.delete', { id }, { token });
    await unset(ask, token, 'registration.email_verification');
  },

  async 'where text messages go'(ask) {
    const token = await tokenOf(ask, 'root');
    const send = (phone: string) => ask('auth.otp.send', { purpose: 'login', phone });
    await send('+65 9123 4567');
    await send('+86 10 8888 7777');
    await set(ask, token, { 'sms.allowed_countries': ['SG'] });
    await send('138 0013 9001');
    await send('+65 9123 4567');
    await ask('auth.password.forgot', { phone: '13800139001' });
    await set(ask, token, { 'sms.allowed_countries': [] });
    await send('138 0013 9001');
    await unset(ask, token, 'sms.allowed_countries');
  },
};
