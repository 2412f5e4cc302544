// The mails in both languages: data; `it` is what `render.ts` is given.

export type Locale = 'zh' | 'en';

export interface Template {
  readonly subject: string;
  /** Code and link stand after the second. */
  readonly lines: readonly string[];
}

/** What was changed, as `credentials_changed` says it. */
export const CHANGES = {
  en: {
    password: 'The password',
    totp: 'The authenticator app',
    passkey: 'A passkey',
    backup_codes: 'The backup codes',
    factors: 'The second factor',
    email: 'The e-mail address',
    phone: 'The phone number',
    identity: 'A third-party sign-in',
    api_key: 'An API key',
  },
  zh: {
    password: '密码',
    totp: '身份验证器',
    passkey: '通行密钥',
    backup_codes: '备用验证码',
    factors: '双重验证方式',
    email: '邮箱',
    phone: '手机号',
    identity: '第三方登录方式',
    api_key: 'API 密钥',
  },
} as const;

/** What of an account can be changed and told of. */
export type Changed = keyof (typeof CHANGES)['en'];

/** What was done to it. */
export const DEEDS = {
  en: { added: 'has been added', changed: 'has been changed', removed: 'has been removed' },
  zh: { added: '已添加', changed: '已变更', removed: '已移除' },
} as const;

export type Deed = keyof (typeof DEEDS)['en'];

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
  code: {
    en: {
      subject: 'Your verification code',
      lines: [
        'Hello <%= it.username %>,',
        'the code for your account “<%= it.username %>” is below. It is good for <%= it.minutes %> minutes.',
        'Tell it to nobody. If you did not ask for it, ignore this mail.',
      ],
    },
    zh: {
      subject: '您的验证码',
      lines: [
        '<%= it.username %>，您好：',
        '账号“<%= it.username %>”的验证码如下，<%= it.minutes %> 分钟内有效。',
        '请勿告知他人。如非本人操作，请忽略此邮件。',
      ],
    },
  },
  code_and_link: {
    en: {
      subject: 'Sign in',
      lines: [
        'Hello <%= it.username %>,',
        'to sign in to “<%= it.username %>”, type the code below within <%= it.minutes %> minutes, or open the link.',
        'Tell it to nobody. If you did not ask for it, ignore this mail.',
      ],
    },
    zh: {
      subject: '登录',
      lines: [
        '<%= it.username %>，您好：',
        '请在 <%= it.minutes %> 分钟内输入以下验证码登录账号“<%= it.username %>”，或直接打开链接。',
        '请勿告知他人。如非本人操作，请忽略此邮件。',
      ],
    },
  },
  reset_password: {
    en: {
      subject: 'Choose a new password',
      lines: [
        'Hello <%= it.username %>,',
        'open the link to choose a new password for “<%= it.username %>”. It is good for 30 minutes and works once.',
        'If you did not ask for it, ignore this mail: your password stays as it is.',
      ],
    },
    zh: {
      subject: '重置密码',
      lines: [
        '<%= it.username %>，您好：',
        '请打开链接，为账号“<%= it.username %>”设置新密码。链接 30 分钟内有效，仅可使用一次。',
        '如非本人操作，请忽略此邮件，您的密码不会改变。',
      ],
    },
  },
  invitation: {
    en: {
      subject: 'An account was made for you',
      lines: [
        'Hello <%= it.username %>,',
        'the account “<%= it.username %>” was made for you. Open the link to choose a password for it; it is good for 7 days and works once.',
        'If you do not know what this is about, ignore this mail.',
      ],
    },
    zh: {
      subject: '已为您创建账号',
      lines: [
        '<%= it.username %>，您好：',
        '已为您创建账号“<%= it.username %>”。请打开链接设置密码，链接 7 天内有效，仅可使用一次。',
        '如果您不了解此事，请忽略此邮件。',
      ],
    },
  },
  new_device: {
    en: {
      subject: 'A sign-in from a new device',
      lines: [
        'Hello <%= it.username %>,',
        '“<%= it.username %>” was signed in to from a new device: <%= it.device %>, address <%= it.ip %>, at <%= it.at %>.',
        'If it was not you, end that session and choose a new password.',
      ],
    },
    zh: {
      subject: '新设备登录提醒',
      lines: [
        '<%= it.username %>，您好：',
        '账号“<%= it.username %>”于 <%= it.at %> 在新设备上登录：<%= it.device %>，地址 <%= it.ip %>。',
        '如非本人操作，请结束该会话并更换密码。',
      ],
    },
  },
  credentials_changed: {
    en: {
      subject: 'Your account was changed',
      lines: [
        'Hello <%= it.username %>,',
        '<%= it.changed %> of your account “<%= it.username %>” <%= it.deed %>.',
        'If it was not you, choose a new password at once and tell your administrator.',
      ],
    },
    zh: {
      subject: '账号安全信息已变更',
      lines: [
        '<%= it.username %>，您好：',
        '账号“<%= it.username %>”的<%= it.changed %><%= it.deed %>。',
        '如非本人操作，请立即更换密码并联系管理员。',
      ],
    },
  },
  address_changed: {
    en: {
      subject: 'This address is no longer yours here',
      lines: [
        'Hello <%= it.username %>,',
        'this address was taken off your account “<%= it.username %>”.',
        'If it was not you, tell your administrator at once.',
      ],
    },
    zh: {
      subject: '此联系方式已解除绑定',
      lines: [
        '<%= it.username %>，您好：',
        '此联系方式已从账号“<%= it.username %>”中移除。',
        '如非本人操作，请立即联系管理员。',
      ],
    },
  },
  number_moved: {
    en: {
      subject: 'Your phone number was taken over',
      lines: [
        'Hello <%= it.username %>,',
        'somebody has proven that the phone number of “<%= it.username %>” is theirs now, as happens when a number is given out again. It was taken off your account.',
        'Sign in by this address. If the number is still yours, bind it again.',
      ],
    },
    zh: {
      subject: '您的手机号已被他人验证',
      lines: [
        '<%= it.username %>，您好：',
        '账号“<%= it.username %>”的手机号已由他人验证使用（号码被重新分配时会发生），已从您的账号中移除。',
        '请使用此邮箱登录。如果号码仍属于您，请重新绑定。',
      ],
    },
  },
  account_deletion: {
    en: {
      subject: 'Your account will be deleted',
      lines: [
        'Hello <%= it.username %>,',
        'your account “<%= it.username %>” will be deleted on <%= it.at %>, as you asked.',
        'To keep it, sign in before then.',
      ],
    },
    zh: {
      subject: '您的账号即将注销',
      lines: [
        '<%= it.username %>，您好：',
        '根据您的申请，账号“<%= it.username %>”将于 <%= it.at %> 注销。',
        '如需保留，请在此之前登录。',
      ],
    },
  },
  grant_ending: {
    en: {
      subject: 'A role of yours ends soon',
      lines: [
        'Hello <%= it.username %>,',
        'the role “<%= it.role %>” of your account “<%= it.username %>” ends at <%= it.at %>.',
        'If you need it for longer, ask your administrator in time.',
      ],
    },
    zh: {
      subject: '您的角色即将到期',
      lines: [
        '<%= it.username %>，您好：',
        '账号“<%= it.username %>”的角色“<%= it.role %>”将于 <%= it.at %> 到期。',
        '如仍需要，请提前联系管理员续期。',
      ],
    },
  },
  access_requested: {
    en: {
      subject: 'A request for access waits for you',
      lines: [
        'Hello <%= it.username %>,',
        '“<%= it.requester %>” asks for the role “<%= it.role %>”.',
        'Sign in to read why, and to approve or decline it. Of further requests within the hour there is no mail.',
      ],
    },
    zh: {
      subject: '有权限申请待您审批',
      lines: [
        '<%= it.username %>，您好：',
        '“<%= it.requester %>”申请角色“<%= it.role %>”。',
        '请登录查看申请理由并审批。一小时内的其他申请不再另行通知。',
      ],
    },
  },
  access_approved: {
    en: {
      subject: 'Your request for access was approved',
      lines: [
        'Hello <%= it.username %>,',
        'you hold the role “<%= it.role %>” until <%= it.at %>.',
        'Comment: <%= it.comment %>',
      ],
    },
    zh: {
      subject: '您的权限申请已通过',
      lines: [
        '<%= it.username %>，您好：',
        '您已获得角色“<%= it.role %>”，有效期至 <%= it.at %>。',
        '审批意见：<%= it.comment %>',
      ],
    },
  },
  access_declined: {
    en: {
      subject: 'Your request for access was declined',
      lines: [
        'Hello <%= it.username %>,',
        'you asked for the role “<%= it.role %>”. The request was declined.',
        'Comment: <%= it.comment %>',
      ],
    },
    zh: {
      subject: '您的权限申请未通过',
      lines: [
        '<%= it.username %>，您好：',
        '您申请角色“<%= it.role %>”的请求未获通过。',
        '审批意见：<%= it.comment %>',
      ],
    },
  },
} as const satisfies Record<string, Record<Locale, Template>>;

export type TemplateName = keyof typeof TEMPLATES;
