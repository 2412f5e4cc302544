// The mails in both languages: data; rendered by eta, which escapes what stands in HTML.
import { Eta } from 'eta';

export type Locale = 'zh' | 'en';

export interface TemplateData {
  readonly username: string;
  readonly link?: string;
}

interface Template {
  readonly subject: string;
  readonly lines: readonly string[];
}

export const TEMPLATES = {
  verify_email: {
    en: {
      subject: 'Confirm your e-mail address',
      lines: [
        'Hello <%= it.username %>,',
        'please confirm this address for the account “<%= it.username %>”. The link is good for 24 hours and works once.',
        'If you did not register, ignore this mail.',
      ],
    },
    zh: {
      subject: '请验证您的邮箱',
      lines: [
        '<%= it.username %>，您好：',
        '请点击链接，为账号“<%= it.username %>”验证此邮箱。链接 24 小时内有效，仅可使用一次。',
        '如果您没有注册，请忽略此邮件。',
      ],
    },
  },
  address_taken: {
    en: {
      subject: 'You already have an account',
      lines: [
        'Hello <%= it.username %>,',
        'somebody tried to register with this address, which belongs to your account “<%= it.username %>”. Nothing was changed. If it was you, simply sign in.',
      ],
    },
    zh: {
      subject: '您已拥有账号',
      lines: [
        '<%= it.username %>，您好：',
        '有人尝试使用此邮箱注册，而它已属于您的账号“<%= it.username %>”。未作任何更改。如果是您本人，请直接登录。',
      ],
    },
  },
  account_locked: {
    en: {
      subject: 'Sign-in was locked',
      lines: [
        'Hello <%= it.username %>,',
        'after several failed attempts, signing in to “<%= it.username %>” is locked for a while for the place they came from. If it was not you, choose a new password.',
      ],
    },
    zh: {
      subject: '登录已被暂时锁定',
      lines: [
        '<%= it.username %>，您好：',
        '由于多次登录失败，账号“<%= it.username %>”在相应来源的登录已被暂时锁定。如果不是您本人操作，请更换密码。',
      ],
    },
  },
  refresh_reuse: {
    en: {
      subject: 'A session was ended',
      lines: [
        'Hello <%= it.username %>,',
        'a sign-in token of “<%= it.username %>” was used twice, as happens when it has been stolen. That session was ended. Please sign in again, and choose a new password if you suspect misuse.',
      ],
    },
    zh: {
      subject: '一个会话已被终止',
      lines: [
        '<%= it.username %>，您好：',
        '账号“<%= it.username %>”的登录令牌被重复使用，可能已被盗用，该会话已终止。请重新登录；如怀疑被盗用，请更换密码。',
      ],
    },
  },
} as const satisfies Record<string, Record<Locale, Template>>;

export type TemplateName = keyof typeof TEMPLATES;

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const asHtml = new Eta({ autoEscape: true });
const asText = new Eta({ autoEscape: false });

/**
 * @example
 * renderMail('verify_email', 'en', { username: 'li.lei', link: 'https://auth.example.com/verify-email?token=…' }).subject;
 */
export function renderMail(name: TemplateName, locale: Locale, data: TemplateData): RenderedMail {
  const { subject, lines }: Template = TEMPLATES[name][locale];
  const text = lines.map((line) => asText.renderString(line, data));
  const paragraphs = lines.map((line) => `<p>${asHtml.renderString(line, data)}</p>`);
  if (data.link !== undefined) {
    text.splice(2, 0, data.link);
    paragraphs.splice(2, 0, asHtml.renderString('<p><a href="<%= it.link %>"><%= it.link %></a></p>', data));
  }
  return {
    subject,
    text: `${text.join('\n\n')}\n`,
    html: `<!doctype html><html lang="${locale}"><body>${paragraphs.join('')}</body></html>`,
  };
}
