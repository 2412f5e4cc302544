// What the pages of mailed links say, in both languages.

interface Said {
  readonly title: string;
  readonly text: string;
}

interface PageTexts extends Readonly<Record<'done' | 'missing' | 'failed' | 'unfinished', Said>> {
  readonly ask: Said & {
    readonly button: string;
    /** Label of the field for a new password, where there is one. */
    readonly password?: string;
  };
}

const missing = {
  en: { title: 'This link is not complete', text: 'Open the link from the mail as a whole, or ask for a new one.' },
  zh: { title: '链接不完整', text: '请完整打开邮件中的链接，或重新申请。' },
};

const failed = (en: string, zh: string) => ({
  en: {
    title: 'This link no longer works',
    text: `It was used already, or more than ${en} have passed. Ask for a new one.`,
  },
  zh: { title: '链接已失效', text: `链接已被使用或已超过 ${zh}，请重新申请。` },
});

const unfinished = {
  en: {
    title: 'One more step',
    text: 'This account asks for more than the link. Sign in in your application; the code of the mail still works there.',
  },
  zh: { title: '还需一步', text: '此账号需要进一步验证。请在应用中登录，邮件中的验证码仍可使用。' },
};

const lapsed = {
  verify: failed('24 hours', '24 小时'),
  reset: failed('30 minutes', '30 分钟'),
  magic: failed('15 minutes', '15 分钟'),
  invitation: {
    en: {
      title: 'This invitation no longer works',
      text: 'It was used already, or more than 7 days have passed. Sign in, or ask your administrator for a new one.',
    },
    zh: { title: '邀请已失效', text: '邀请已被使用或已超过 7 天。请直接登录，或联系管理员重新发送。' },
  },
};

export const LINK_TEXTS: Readonly<
  Record<'/verify-email' | '/reset-password' | '/invitation' | '/magic-link', Readonly<Record<'en' | 'zh', PageTexts>>>
> = {
  '/verify-email': {
    en: {
      ask: {
        title: 'Confirm your e-mail address',
        text: 'Press the button to confirm that this address is yours and belongs to this account:',
        button: 'Confirm',
      },
      done: { title: 'Address confirmed', text: 'Thank you. You can close this page and sign in.' },
      missing: missing.en,
      failed: lapsed.verify.en,
      unfinished: unfinished.en,
    },
    zh: {
      ask: { title: '验证您的邮箱', text: '请点击按钮，确认此邮箱属于您，并用于此账号：', button: '确认' },
      done: { title: '邮箱已验证', text: '谢谢。您可以关闭此页面并登录。' },
      missing: missing.zh,
      failed: lapsed.verify.zh,
      unfinished: unfinished.zh,
    },
  },
  '/reset-password': {
    en: {
      ask: {
        title: 'Choose a new password',
        text: 'For this account; it will be signed out everywhere:',
        button: 'Set the password',
        password: 'New password',
      },
      done: { title: 'The password is set', text: 'You can close this page and sign in with it.' },
      missing: missing.en,
      failed: lapsed.reset.en,
      unfinished: unfinished.en,
    },
    zh: {
      ask: {
        title: '设置新密码',
        text: '用于以下账号，设置后所有设备都将退出登录：',
        button: '设置密码',
        password: '新密码',
      },
      done: { title: '密码已设置', text: '您可以关闭此页面并使用新密码登录。' },
      missing: missing.zh,
      failed: lapsed.reset.zh,
      unfinished: unfinished.zh,
    },
  },
  '/invitation': {
    en: {
      ask: {
        title: 'Choose a password',
        text: 'This account was made for you:',
        button: 'Set the password',
        password: 'Password',
      },
      done: { title: 'The password is set', text: 'You can close this page and sign in with it.' },
      missing: missing.en,
      failed: lapsed.invitation.en,
      unfinished: unfinished.en,
    },
    zh: {
      ask: { title: '设置密码', text: '已为您创建以下账号：', button: '设置密码', password: '密码' },
      done: { title: '密码已设置', text: '您可以关闭此页面并使用该密码登录。' },
      missing: missing.zh,
      failed: lapsed.invitation.zh,
      unfinished: unfinished.zh,
    },
  },
  '/magic-link': {
    en: {
      ask: { title: 'Sign in', text: 'Press the button to sign in on this device as', button: 'Sign in' },
      done: { title: 'You are signed in', text: 'Go back to your application.' },
      missing: missing.en,
      failed: lapsed.magic.en,
      unfinished: unfinished.en,
    },
    zh: {
      ask: { title: '登录', text: '请点击按钮，在此设备上登录账号：', button: '登录' },
      done: { title: '您已登录', text: '请返回您的应用。' },
      missing: missing.zh,
      failed: lapsed.magic.zh,
      unfinished: unfinished.zh,
    },
  },
};
