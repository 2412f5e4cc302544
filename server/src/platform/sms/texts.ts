// The whole text of each message, for whoever sends text as it is given: data, in both languages.
import type { SmsTemplate } from './sender.ts';

const TEXTS: Readonly<Record<SmsTemplate, Readonly<Record<'zh' | 'en', string>>>> = {
  code: {
    zh: '【AuthCenter】您的验证码是 {code}，{minutes} 分钟内有效。如非本人操作，请忽略本短信。',
    en: '[AuthCenter] Your code is {code}. It is good for {minutes} minutes. If you did not ask for it, ignore this message.',
  },
  account_locked: {
    zh: '【AuthCenter】由于多次登录失败，账号 {username} 在相应来源的登录已被暂时锁定。如非本人操作，请更换密码。',
    en: '[AuthCenter] After several failed attempts, signing in to {username} is locked for a while for the place they came from. If it was not you, choose a new password.',
  },
  refresh_reuse: {
    zh: '【AuthCenter】账号 {username} 的登录令牌被重复使用，可能已被盗用，该会话已终止。请重新登录。',
    en: '[AuthCenter] A sign-in token of {username} was used twice, as happens when it was stolen. That session was ended. Please sign in again.',
  },
  new_device: {
    zh: '【AuthCenter】账号 {username} 刚在新设备上登录。如非本人操作，请立即更换密码。',
    en: '[AuthCenter] {username} was signed in to from a new device. If it was not you, change the password at once.',
  },
  invitation: {
    zh: '【AuthCenter】已为您创建账号 {username}，请打开 {link} 设置密码，7 天内有效。',
    en: '[AuthCenter] The account {username} was made for you. Choose a password at {link} within 7 days.',
  },
  credentials_changed: {
    zh: '【AuthCenter】账号 {username} 的登录信息或安全设置已变更。如非本人操作，请立即找回账号。',
    en: '[AuthCenter] The sign-in details or security settings of {username} were changed. If it was not you, recover the account at once.',
  },
  grant_ending: {
    zh: '【AuthCenter】账号 {username} 的角色“{role}”将于 {at} 到期。如仍需要，请提前申请续期。',
    en: '[AuthCenter] {username}, your role {role} ends at {at}. If it is needed for longer, ask for it in time.',
  },
  access_request: {
    zh: '【AuthCenter】{username}，角色“{role}”的权限申请有新进展，请登录查看。',
    en: '[AuthCenter] {username}, there is news of a request for the role {role}. Sign in to see it.',
  },
};

/**
 * @param values - those of `smsTemplates` by name; more are passed over
 * @throws Error when one is not there: no message with a gap in it leaves
 * @example
 * renderSms('code', 'en', { code: '123456', minutes: '5' }); // '[AuthCenter] Your code is 123456. …'
 */
export function renderSms(
  template: SmsTemplate,
  language: 'zh' | 'en',
  values: Readonly<Record<string, string>>,
): string {
  return TEXTS[template][language].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the text ${template} has no ${name}`);
    return value;
  });
}
