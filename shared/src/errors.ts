// The error table: each code with its HTTP status and its title in both languages. Codes never change; titles may.

interface ErrorEntry {
  readonly status: number;
  readonly en: string;
  readonly zh: string;
}

export const ERRORS = {
  VALIDATION_FAILED: { status: 400, en: 'The input is not valid', zh: '输入内容无效' },
  INVALID_REDIRECT_URI: { status: 400, en: 'The redirect URI is not registered', zh: '重定向地址未登记' },
  INVALID_GRANT: { status: 400, en: 'The grant is not valid', zh: '授权无效' },
  INVALID_SCOPE: { status: 400, en: 'The scope is not valid', zh: '授权范围无效' },
  UNAUTHORIZED_CLIENT: { status: 400, en: 'The client may not use this grant', zh: '该应用无权使用此授权方式' },
  UNSUPPORTED_GRANT_TYPE: { status: 400, en: 'The grant type is not supported', zh: '不支持的授权类型' },
  UNAUTHENTICATED: { status: 401, en: 'Sign in first', zh: '请先登录' },
  TOKEN_EXPIRED: { status: 401, en: 'The access token has expired', zh: '访问令牌已过期' },
  TOKEN_STALE: { status: 401, en: 'The access token is out of date, refresh it', zh: '访问令牌已过时，请刷新' },
  TOKEN_INVALID: { status: 401, en: 'The access token is not valid', zh: '访问令牌无效' },
  SESSION_REVOKED: { status: 401, en: 'The session has ended', zh: '会话已结束' },
  INVALID_CREDENTIALS: { status: 401, en: 'Wrong user name or password', zh: '用户名或密码错误' },
  INVALID_CODE: { status: 401, en: 'The code or link is wrong or has expired', zh: '验证码或链接错误或已失效' },
  INVALID_CLIENT: { status: 401, en: 'The client could not be authenticated', zh: '应用身份验证失败' },
  INSUFFICIENT_CREDITS: { status: 402, en: 'Not enough credits', zh: '额度不足' },
  EMAIL_NOT_VERIFIED: { status: 403, en: 'Verify your e-mail address first', zh: '请先验证邮箱' },
  ACCOUNT_DISABLED: { status: 403, en: 'The account is disabled', zh: '账号已停用' },
  STEP_UP_REQUIRED: { status: 403, en: 'Prove again that it is you', zh: '请再次验证身份' },
  ORIGIN_REFUSED: { status: 403, en: 'Requests from this origin are refused', zh: '拒绝来自该来源的请求' },
  CAPTCHA_REQUIRED: { status: 403, en: 'Solve the captcha first', zh: '请先完成人机验证' },
  PERMISSION_DENIED: { status: 403, en: 'You lack the permission for this', zh: '权限不足' },
  NOT_FOUND: { status: 404, en: 'Not found', zh: '未找到' },
  ALREADY_EXISTS: { status: 409, en: 'It exists already', zh: '已存在' },
  VERSION_CONFLICT: { status: 409, en: 'It was changed in the meantime', zh: '内容已被他人修改' },
  INVALID_TRANSITION: { status: 409, en: 'Its state does not allow this', zh: '当前状态不允许该操作' },
  IN_USE: { status: 409, en: 'It is in use', zh: '正在使用中' },
  LAST_ADMIN: { status: 409, en: 'The last administrator must remain', zh: '必须保留最后一名管理员' },
  LAST_CREDENTIAL: { status: 409, en: 'The last way to sign in must remain', zh: '必须保留最后一种登录方式' },
  BUILTIN_PROTECTED: { status: 409, en: 'It is built in and protected', zh: '内置对象受保护' },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    en: 'The idempotency key was used for something else or is in use',
    zh: '幂等键已被使用或正在处理',
  },
  PAYLOAD_TOO_LARGE: { status: 413, en: 'The request is too large', zh: '请求内容过大' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, en: 'The content type is not supported', zh: '不支持的内容类型' },
  ACCOUNT_LOCKED: { status: 423, en: 'Locked after too many failed attempts', zh: '失败次数过多，已暂时锁定' },
  RATE_LIMITED: { status: 429, en: 'Too many requests', zh: '请求过于频繁' },
  INTERNAL: { status: 500, en: 'Something went wrong on our side', zh: '服务器内部错误' },
  OVERLOADED: { status: 503, en: 'Too busy at the moment, try again', zh: '系统繁忙，请稍后重试' },
  DEPENDENCY_UNAVAILABLE: {
    status: 503,
    en: 'A service this depends on is away, try again',
    zh: '依赖服务暂不可用，请稍后重试',
  },
} as const satisfies Record<string, ErrorEntry>;

/** Every code an answer can carry. */
export type ErrorCode = keyof typeof ERRORS;

/** One field that does not fit. */
export interface FieldError {
  /** Dotted path of the field in the input, `''` for the input itself. */
  readonly path: string;
  readonly message: string;
}

/** What an error tells the caller, the same over both doors: RFC 9457 members over REST, `error.data` over tRPC. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
  /** Seconds after which a retry may succeed. */
  readonly retry_after?: number;
  /** The permission that is missing (`PERMISSION_DENIED`). */
  readonly permission?: string;
  /** The code's name in OAuth 2.0 (RFC 6749 §5.2), where it has one. */
  readonly error?: string;
}

/** What clients of OAuth 2.0 know some codes by (RFC 6749 §5.2). */
export const OAUTH_ERRORS: Readonly<Partial<Record<ErrorCode, string>>> = {
  INVALID_GRANT: 'invalid_grant',
  INVALID_SCOPE: 'invalid_scope',
  INVALID_CLIENT: 'invalid_client',
  UNAUTHORIZED_CLIENT: 'unauthorized_client',
  UNSUPPORTED_GRANT_TYPE: 'unsupported_grant_type',
};

/** Whether a text is a known error code. */
export const isErrorCode = (text: unknown): text is ErrorCode =>
  typeof text === 'string' && Object.hasOwn(ERRORS, text);
