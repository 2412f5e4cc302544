import { TRPCClient, TRPCClientError } from "@trpc/client";
import * as _$_trpc_server0 from "@trpc/server";
import { TRPC_ERROR_CODE_NUMBER, inferRouterInputs, inferRouterOutputs } from "@trpc/server";

//#region ../shared/src/permissions.d.ts
/** A permission names exactly one pair of resource and action. */
interface Pair {
  /** Lower case, aliases resolved: `knowledge`. */
  readonly resource: string;
  /** Upper case: `CREATE`. */
  readonly action: string;
}
declare const BUILTIN_PERMISSIONS: readonly [{
  readonly name: 'KNOWLEDGE_READ';
  readonly resource: 'knowledge';
  readonly action: 'READ';
  readonly category: 'knowledge_content';
  readonly description: '查看知识库文档';
}, {
  readonly name: 'KNOWLEDGE_CREATE';
  readonly resource: 'knowledge';
  readonly action: 'CREATE';
  readonly category: 'knowledge_content';
  readonly description: '创建知识库文档';
}, {
  readonly name: 'KNOWLEDGE_UPDATE';
  readonly resource: 'knowledge';
  readonly action: 'UPDATE';
  readonly category: 'knowledge_content';
  readonly description: '编辑知识库文档';
}, {
  readonly name: 'KNOWLEDGE_DELETE';
  readonly resource: 'knowledge';
  readonly action: 'DELETE';
  readonly category: 'knowledge_content';
  readonly description: '删除知识库文档';
}, {
  readonly name: 'KNOWLEDGE_PUBLISH';
  readonly resource: 'knowledge';
  readonly action: 'PUBLISH';
  readonly category: 'knowledge_content';
  readonly description: '发布知识库文档';
}, {
  readonly name: 'KNOWLEDGE_APPROVE';
  readonly resource: 'knowledge';
  readonly action: 'APPROVE';
  readonly category: 'knowledge_content';
  readonly description: '审核知识库内容';
}, {
  readonly name: 'USER_MANAGE';
  readonly resource: 'user';
  readonly action: 'MANAGE';
  readonly category: 'system_management';
  readonly description: '用户管理';
}, {
  readonly name: 'ROLE_MANAGE';
  readonly resource: 'role';
  readonly action: 'MANAGE';
  readonly category: 'system_management';
  readonly description: '角色管理';
}, {
  readonly name: 'CATEGORY_MANAGE';
  readonly resource: 'category';
  readonly action: 'MANAGE';
  readonly category: 'system_management';
  readonly description: '分类管理（层级式）';
}, {
  readonly name: 'SYSTEM_CONFIG';
  readonly resource: 'system';
  readonly action: 'CONFIG';
  readonly category: 'system_management';
  readonly description: '系统配置';
}, {
  readonly name: 'TAG_CREATE';
  readonly resource: 'tag';
  readonly action: 'CREATE';
  readonly category: 'content_organization';
  readonly description: '创建标签（灵活标记）';
}, {
  readonly name: 'TAG_MANAGE';
  readonly resource: 'tag';
  readonly action: 'MANAGE';
  readonly category: 'content_organization';
  readonly description: '标签管理（编辑、删除）';
}, {
  readonly name: 'COMMENT';
  readonly resource: 'knowledge';
  readonly action: 'COMMENT';
  readonly category: 'interaction';
  readonly description: '评论文档';
}, {
  readonly name: 'FAVORITE';
  readonly resource: 'knowledge';
  readonly action: 'FAVORITE';
  readonly category: 'interaction';
  readonly description: '收藏文档';
}, {
  readonly name: 'SEARCH';
  readonly resource: 'knowledge';
  readonly action: 'SEARCH';
  readonly category: 'interaction';
  readonly description: '搜索文档';
}, {
  readonly name: 'AI_ASSISTANT';
  readonly resource: 'ai';
  readonly action: 'USE';
  readonly category: 'interaction';
  readonly description: '使用AI助手功能';
}];
type Builtin = (typeof BUILTIN_PERMISSIONS)[number];
/** Name of a builtin permission: `'KNOWLEDGE_CREATE'`. */
type BuiltinPermissionName = Builtin['name'];
/** Pair of a builtin permission: `'knowledge:CREATE'`. */
type BuiltinPermissionPair = `${Builtin['resource']}:${Builtin['action']}` & PairOf<Builtin>;
type PairOf<P extends Pair> = P extends Pair ? `${P['resource']}:${P['action']}` : never;
/** Older names of resources that callers still send. */
//#endregion
//#region ../shared/src/errors.d.ts
declare const ERRORS: {
  readonly VALIDATION_FAILED: {
    readonly status: 400;
    readonly en: 'The input is not valid';
    readonly zh: '输入内容无效';
  };
  readonly INVALID_REDIRECT_URI: {
    readonly status: 400;
    readonly en: 'The redirect URI is not registered';
    readonly zh: '重定向地址未登记';
  };
  readonly INVALID_GRANT: {
    readonly status: 400;
    readonly en: 'The grant is not valid';
    readonly zh: '授权无效';
  };
  readonly INVALID_SCOPE: {
    readonly status: 400;
    readonly en: 'The scope is not valid';
    readonly zh: '授权范围无效';
  };
  readonly UNAUTHORIZED_CLIENT: {
    readonly status: 400;
    readonly en: 'The client may not use this grant';
    readonly zh: '该应用无权使用此授权方式';
  };
  readonly UNSUPPORTED_GRANT_TYPE: {
    readonly status: 400;
    readonly en: 'The grant type is not supported';
    readonly zh: '不支持的授权类型';
  };
  readonly UNAUTHENTICATED: {
    readonly status: 401;
    readonly en: 'Sign in first';
    readonly zh: '请先登录';
  };
  readonly TOKEN_EXPIRED: {
    readonly status: 401;
    readonly en: 'The access token has expired';
    readonly zh: '访问令牌已过期';
  };
  readonly TOKEN_STALE: {
    readonly status: 401;
    readonly en: 'The access token is out of date, refresh it';
    readonly zh: '访问令牌已过时，请刷新';
  };
  readonly TOKEN_INVALID: {
    readonly status: 401;
    readonly en: 'The access token is not valid';
    readonly zh: '访问令牌无效';
  };
  readonly SESSION_REVOKED: {
    readonly status: 401;
    readonly en: 'The session has ended';
    readonly zh: '会话已结束';
  };
  readonly INVALID_CREDENTIALS: {
    readonly status: 401;
    readonly en: 'Wrong user name or password';
    readonly zh: '用户名或密码错误';
  };
  readonly INVALID_CODE: {
    readonly status: 401;
    readonly en: 'The code or link is wrong or has expired';
    readonly zh: '验证码或链接错误或已失效';
  };
  readonly INVALID_CLIENT: {
    readonly status: 401;
    readonly en: 'The client could not be authenticated';
    readonly zh: '应用身份验证失败';
  };
  readonly INSUFFICIENT_CREDITS: {
    readonly status: 402;
    readonly en: 'Not enough credits';
    readonly zh: '额度不足';
  };
  readonly EMAIL_NOT_VERIFIED: {
    readonly status: 403;
    readonly en: 'Verify your e-mail address first';
    readonly zh: '请先验证邮箱';
  };
  readonly ACCOUNT_DISABLED: {
    readonly status: 403;
    readonly en: 'The account is disabled';
    readonly zh: '账号已停用';
  };
  readonly STEP_UP_REQUIRED: {
    readonly status: 403;
    readonly en: 'Prove again that it is you';
    readonly zh: '请再次验证身份';
  };
  readonly ORIGIN_REFUSED: {
    readonly status: 403;
    readonly en: 'Requests from this origin are refused';
    readonly zh: '拒绝来自该来源的请求';
  };
  readonly CAPTCHA_REQUIRED: {
    readonly status: 403;
    readonly en: 'Solve the captcha first';
    readonly zh: '请先完成人机验证';
  };
  readonly PERMISSION_DENIED: {
    readonly status: 403;
    readonly en: 'You lack the permission for this';
    readonly zh: '权限不足';
  };
  readonly NOT_FOUND: {
    readonly status: 404;
    readonly en: 'Not found';
    readonly zh: '未找到';
  };
  readonly ALREADY_EXISTS: {
    readonly status: 409;
    readonly en: 'It exists already';
    readonly zh: '已存在';
  };
  readonly VERSION_CONFLICT: {
    readonly status: 409;
    readonly en: 'It was changed in the meantime';
    readonly zh: '内容已被他人修改';
  };
  readonly INVALID_TRANSITION: {
    readonly status: 409;
    readonly en: 'Its state does not allow this';
    readonly zh: '当前状态不允许该操作';
  };
  readonly IN_USE: {
    readonly status: 409;
    readonly en: 'It is in use';
    readonly zh: '正在使用中';
  };
  readonly LAST_ADMIN: {
    readonly status: 409;
    readonly en: 'The last administrator must remain';
    readonly zh: '必须保留最后一名管理员';
  };
  readonly LAST_CREDENTIAL: {
    readonly status: 409;
    readonly en: 'The last way to sign in must remain';
    readonly zh: '必须保留最后一种登录方式';
  };
  readonly BUILTIN_PROTECTED: {
    readonly status: 409;
    readonly en: 'It is built in and protected';
    readonly zh: '内置对象受保护';
  };
  readonly IDEMPOTENCY_CONFLICT: {
    readonly status: 409;
    readonly en: 'The idempotency key was used for something else or is in use';
    readonly zh: '幂等键已被使用或正在处理';
  };
  readonly PAYLOAD_TOO_LARGE: {
    readonly status: 413;
    readonly en: 'The request is too large';
    readonly zh: '请求内容过大';
  };
  readonly UNSUPPORTED_MEDIA_TYPE: {
    readonly status: 415;
    readonly en: 'The content type is not supported';
    readonly zh: '不支持的内容类型';
  };
  readonly ACCOUNT_LOCKED: {
    readonly status: 423;
    readonly en: 'Locked after too many failed attempts';
    readonly zh: '失败次数过多，已暂时锁定';
  };
  readonly RATE_LIMITED: {
    readonly status: 429;
    readonly en: 'Too many requests';
    readonly zh: '请求过于频繁';
  };
  readonly INTERNAL: {
    readonly status: 500;
    readonly en: 'Something went wrong on our side';
    readonly zh: '服务器内部错误';
  };
  readonly OVERLOADED: {
    readonly status: 503;
    readonly en: 'Too busy at the moment, try again';
    readonly zh: '系统繁忙，请稍后重试';
  };
  readonly DEPENDENCY_UNAVAILABLE: {
    readonly status: 503;
    readonly en: 'A service this depends on is away, try again';
    readonly zh: '依赖服务暂不可用，请稍后重试';
  };
};
/** Every code an answer can carry. */
type ErrorCode = keyof typeof ERRORS;
/** One field that does not fit. */
interface FieldError {
  /** Dotted path of the field in the input, `''` for the input itself. */
  readonly path: string;
  readonly message: string;
}
/** What an error tells the caller, the same over both doors: RFC 9457 members over REST, `error.data` over tRPC. */
interface ErrorBody {
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
//#endregion
//#region ../server/src/platform/rate-limits.d.ts
/** The names that stand in declarations. `read` and `write` share one allowance. */
type LimitName = 'read' | 'write' | 'verify' | 'login' | 'register' | 'refresh' | 'send' | 'strict';
//#endregion
//#region ../server/src/context.d.ts
interface RequestInfo {
  readonly id: string;
  /** `rest` or `trpc`, for metrics. */
  readonly door: 'rest' | 'trpc';
  readonly ip: string;
  readonly userAgent: string | null;
  /** The bearer token of the Authorization header. */
  readonly bearer: string | null;
  /** The refresh cookie; reading it demands an acceptable origin (`requireOwnOrigin`). */
  readonly refreshCookie: string | null;
  /** What tells this browser from others while it is away at a sign-in provider. */
  readonly browserCookie: string | null;
  /** Credentials of an application by HTTP Basic (RFC 6749 §2.3.1). */
  readonly basic: {
    readonly id: string;
    readonly secret: string;
  } | null;
  readonly origin: string | null;
  readonly fetchSite: string | null;
  readonly idempotencyKey: string | null;
  /** Aborts when the client has gone away; made when it is first asked for, which few acts do. */
  signal(): AbortSignal;
  /** The language of titles and mails, from Accept-Language. */
  language(): 'zh' | 'en';
}
interface ReplyPort {
  setHeader(name: string, value: string): void;
  /** Sets the refresh cookie for so many seconds; null clears it. */
  setRefreshCookie(value: string | null, maxAge?: number): void;
  /** Sets what tells this browser from others, for so many seconds. */
  setBrowserCookie(value: string, maxAge: number): void;
}
/** The context of tRPC's root: all that the router's type shows of the server. */
interface RootContext {
  readonly request: RequestInfo;
  readonly reply: ReplyPort;
}
//#endregion
//#region ../server/src/access.d.ts
/**
 * One kind of access; a declaration names one or a list of which any suffices.
 * `self(field)`: the signed-in user is the one that field of the input names (absent: oneself; `checks[].user_id`: every one of them).
 * `api_key`: an API key whatever its scopes; it passes by a permission, too, but never as a session, nor by naming its user.
 * `ticket(field)`: without a session, whoever brings the token of an unfinished sign-in in that field; the service says what it is worth.
 */
type AccessKind = 'public' | 'session' | `self(${string})` | `ticket(${string})` | 'api_key' | 'client' | `client:${string}` | `${Lowercase<string>}:${Uppercase<string>}`;
type Access = AccessKind | readonly AccessKind[];
//#endregion
//#region ../server/src/procedure.d.ts
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
interface Declaration<A extends Access = Access> {
  readonly access: A;
  /** Method and path under /api/v1: `'POST /users/{id}/roles'`. */
  readonly rest: `${Method} /${string}`;
  readonly summary: string;
  /** What it may answer beyond the errors that every procedure may (`listErrors`). */
  readonly errors?: readonly ErrorCode[];
  readonly limit: LimitName;
  /** Status of success; 200 when absent. 302: the answer's `url` is where the browser goes. */
  readonly status?: 200 | 201 | 202 | 204 | 302;
  /** Over REST takes a form as well as JSON, as OAuth's clients send it (RFC 6749 §4.1.3). */
  readonly form?: boolean;
  /** Demands a proof of identity at most 10 minutes old. */
  readonly stepUp?: boolean;
  /** Of a stream that comes to its end: over REST its items come as JSON lines instead of events. */
  readonly produces?: 'application/x-ndjson';
  /** Takes `Idempotency-Key`. */
  readonly idempotent?: boolean;
}
/** What stands beside a procedure: the declaration, and its REST door by trpc-openapi's convention. */
interface Meta {
  readonly endpoint?: Declaration;
  readonly openapi?: {
    readonly method: Method;
    readonly path: `/${string}`;
    readonly summary: string;
    readonly tags: readonly string[];
    readonly protect: boolean;
  };
}
/** The shape of an error over tRPC. Named, because the SDK's declarations would repeat it at every procedure. */
interface ErrorShape {
  readonly message: string;
  readonly code: TRPC_ERROR_CODE_NUMBER;
  readonly data: ErrorBody & {
    readonly httpStatus: number;
    readonly path?: string;
  };
}
//#endregion
//#region ../server/src/router.d.ts
declare const appRouter: _$_trpc_server0.TRPCBuiltRouter<{
  ctx: RootContext;
  meta: Meta;
  errorShape: ErrorShape;
  transformer: true;
}, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
  auth: _$_trpc_server0.TRPCBuiltRouter<{
    ctx: RootContext;
    meta: Meta;
    errorShape: ErrorShape;
    transformer: true;
  }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
    register: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        captcha?: string | undefined;
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        username: string;
        email: string;
        password: string;
        name?: string | undefined;
      } | {
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        phone: string;
        code: string;
        challenge_id?: string | undefined;
        name?: string | undefined;
      };
      output: {
        status: "ok";
        access_token: string;
        refresh_token?: string | undefined;
        token_type: "Bearer";
        expires_in: number;
        user: {
          id: string;
          username: string;
          email: string | null;
          phone: string | null;
          roles: string[];
          permissions: string[];
          profile: {
            name: string | null;
            avatar: string | null;
            department: string | null;
            position: string | null;
          };
        };
      } | {
        expires_in: number;
        status: "mfa_setup_required";
        setup_token: string;
        methods: ("passkey" | "totp")[];
      } | {
        status: "verification_required";
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    login: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        email: string;
        password: string;
      } | {
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        username: string;
        password: string;
      } | {
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        phone: string;
        password: string;
      } | {
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        phone: string;
        code: string;
        challenge_id?: string | undefined;
      } | {
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        email: string;
        code: string;
        challenge_id?: string | undefined;
      } | {
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        magic_token: string;
      } | {
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        assertion: {
          id: string;
          rawId: string;
          type: "public-key";
          authenticatorAttachment?: "cross-platform" | "platform" | null | undefined;
          clientExtensionResults: object;
          response: {
            clientDataJSON: string;
            authenticatorData: string;
            signature: string;
            userHandle?: string | null | undefined;
          };
        };
      };
      output: {
        status: "ok";
        access_token: string;
        refresh_token?: string | undefined;
        token_type: "Bearer";
        expires_in: number;
        user: {
          id: string;
          username: string;
          email: string | null;
          phone: string | null;
          roles: string[];
          permissions: string[];
          profile: {
            name: string | null;
            avatar: string | null;
            department: string | null;
            position: string | null;
          };
        };
      } | {
        expires_in: number;
        status: "mfa_required";
        mfa_token: string;
        methods: ("backup_code" | "email" | "new_account" | "passkey" | "totp")[];
      } | {
        expires_in: number;
        status: "mfa_setup_required";
        setup_token: string;
        methods: ("passkey" | "totp")[];
      } | {
        expires_in: number;
        status: "password_change_required";
        change_token: string;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    refresh: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        refresh_token?: string | undefined;
        access_token?: string | undefined;
      } | undefined;
      output: {
        status: "ok";
        access_token: string;
        refresh_token?: string | undefined;
        token_type: "Bearer";
        expires_in: number;
        user: {
          id: string;
          username: string;
          email: string | null;
          phone: string | null;
          roles: string[];
          permissions: string[];
          profile: {
            name: string | null;
            avatar: string | null;
            department: string | null;
            position: string | null;
          };
        };
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    logout: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        refresh_token?: string | undefined;
        access_token?: string | undefined;
      } | undefined;
      output: void;
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    logoutAll: _$_trpc_server0.TRPCMutationProcedure<{
      input: Record<string, never> | undefined;
      output: void;
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    stepUp: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        password: string;
      } | {
        code: string;
      } | {
        code: string;
        challenge_id: string;
      } | {
        assertion: {
          id: string;
          rawId: string;
          type: "public-key";
          authenticatorAttachment?: "cross-platform" | "platform" | null | undefined;
          clientExtensionResults: object;
          response: {
            clientDataJSON: string;
            authenticatorData: string;
            signature: string;
            userHandle?: string | null | undefined;
          };
        };
      };
      output: {
        status: "ok";
        access_token: string;
        token_type: "Bearer";
        expires_in: number;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    verify: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        token: string;
        resource?: string | undefined;
        action?: string | undefined;
      };
      output: {
        valid: boolean;
        allowed: boolean;
        reason?: "SESSION_REVOKED" | "TOKEN_EXPIRED" | "TOKEN_STALE" | undefined;
        user?: {
          id: string;
          username: string;
          email: string | null;
          email_verified: boolean;
          roles: string[];
          permissions: string[];
        } | undefined;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    me: _$_trpc_server0.TRPCQueryProcedure<{
      input: Record<string, never> | undefined;
      output: {
        id: string;
        username: string;
        email: string | null;
        phone: string | null;
        roles: string[];
        permissions: string[];
        profile: {
          name: string | null;
          avatar: string | null;
          department: string | null;
          position: string | null;
        };
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    forward: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        resource?: string | undefined;
        action?: string | undefined;
      } | undefined;
      output: {
        user_id: string | null;
        client_id: string | null;
        username: string | null;
        roles: string[];
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    token: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        device?: {
          device_type?: "api" | "mobile" | "web" | undefined;
          device_name?: string | undefined;
        } | undefined;
        refresh_transport?: "body" | "cookie" | undefined;
        grant_type: string;
        code?: string | undefined;
        code_verifier?: string | undefined;
        redirect_uri?: string | undefined;
        client_id?: string | undefined;
        client_secret?: string | undefined;
        scope?: string | undefined;
        subject_token?: string | undefined;
        subject_token_type?: string | undefined;
        requested_token_type?: string | undefined;
        audience?: string | undefined;
      };
      output: {
        status: "ok";
        access_token: string;
        refresh_token?: string | undefined;
        token_type: "Bearer";
        expires_in: number;
        user: {
          id: string;
          username: string;
          email: string | null;
          phone: string | null;
          roles: string[];
          permissions: string[];
          profile: {
            name: string | null;
            avatar: string | null;
            department: string | null;
            position: string | null;
          };
        };
      } | {
        expires_in: number;
        status: "mfa_required";
        mfa_token: string;
        methods: ("backup_code" | "email" | "new_account" | "passkey" | "totp")[];
      } | {
        expires_in: number;
        status: "mfa_setup_required";
        setup_token: string;
        methods: ("passkey" | "totp")[];
      } | {
        expires_in: number;
        status: "password_change_required";
        change_token: string;
      } | {
        access_token: string;
        issued_token_type: "urn:ietf:params:oauth:token-type:jwt";
        token_type: "Bearer";
        expires_in: number;
      } | {
        access_token: string;
        token_type: "Bearer";
        expires_in: number;
        scope: string;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    otp: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      send: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          captcha?: string | undefined;
          phone: string;
          purpose: "bind" | "login" | "register" | "reset_password" | "step_up";
        } | {
          captcha?: string | undefined;
          email: string;
          purpose: "bind" | "login" | "step_up";
        };
        output: {
          challenge_id: string;
          expires_in: number;
          resend_after: number;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    email: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      verify: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          token: string;
        };
        output: {
          status: "verified";
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      resend: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          captcha?: string | undefined;
          email: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    password: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      forgot: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          captcha?: string | undefined;
          email: string;
        } | {
          captcha?: string | undefined;
          phone: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      reset: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          token: string;
          new_password: string;
        } | {
          phone: string;
          code: string;
          challenge_id?: string | undefined;
          new_password: string;
        } | {
          change_token: string;
          new_password: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      change: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          old_password?: string | undefined;
          new_password: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    mfa: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      enroll: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          setup_token?: string | undefined;
          method?: "totp" | undefined;
        } | undefined;
        output: {
          method: "totp";
          secret: string;
          otpauth_url: string;
          expires_in: number;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      activate: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          setup_token?: string | undefined;
          code: string;
        };
        output: {
          status: "active";
          backup_codes: string[] | null;
        } | {
          status: "ok";
          access_token: string;
          refresh_token?: string | undefined;
          token_type: "Bearer";
          expires_in: number;
          user: {
            id: string;
            username: string;
            email: string | null;
            phone: string | null;
            roles: string[];
            permissions: string[];
            profile: {
              name: string | null;
              avatar: string | null;
              department: string | null;
              position: string | null;
            };
          };
          backup_codes: string[] | null;
        } | {
          expires_in: number;
          status: "password_change_required";
          change_token: string;
          backup_codes: string[] | null;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      verify: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          mfa_token: string;
          method: "backup_code" | "email" | "totp";
          code: string;
        } | {
          mfa_token: string;
          method: "passkey";
          assertion: {
            id: string;
            rawId: string;
            type: "public-key";
            authenticatorAttachment?: "cross-platform" | "platform" | null | undefined;
            clientExtensionResults: object;
            response: {
              clientDataJSON: string;
              authenticatorData: string;
              signature: string;
              userHandle?: string | null | undefined;
            };
          };
        } | {
          mfa_token: string;
          method: "new_account";
        };
        output: {
          status: "ok";
          access_token: string;
          refresh_token?: string | undefined;
          token_type: "Bearer";
          expires_in: number;
          user: {
            id: string;
            username: string;
            email: string | null;
            phone: string | null;
            roles: string[];
            permissions: string[];
            profile: {
              name: string | null;
              avatar: string | null;
              department: string | null;
              position: string | null;
            };
          };
        } | {
          expires_in: number;
          status: "mfa_required";
          mfa_token: string;
          methods: ("backup_code" | "email" | "new_account" | "passkey" | "totp")[];
        } | {
          expires_in: number;
          status: "mfa_setup_required";
          setup_token: string;
          methods: ("passkey" | "totp")[];
        } | {
          expires_in: number;
          status: "password_change_required";
          change_token: string;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      disable: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          method?: "totp" | undefined;
        } | undefined;
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      backupCodes: _$_trpc_server0.TRPCMutationProcedure<{
        input: Record<string, never> | undefined;
        output: {
          backup_codes: string[];
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    passkeys: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      registerOptions: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          setup_token?: string | undefined;
        } | undefined;
        output: {
          rp: {
            id?: string | undefined;
            name: string;
          };
          user: {
            id: string;
            name: string;
            displayName: string;
          };
          challenge: string;
          pubKeyCredParams: {
            type: "public-key";
            alg: number;
          }[];
          timeout?: number | undefined;
          excludeCredentials?: {
            id: string;
            type: "public-key";
            transports?: string[] | undefined;
          }[] | undefined;
          authenticatorSelection?: {
            residentKey?: "discouraged" | "preferred" | "required" | undefined;
            requireResidentKey?: boolean | undefined;
            userVerification?: "discouraged" | "preferred" | "required" | undefined;
          } | undefined;
          attestation?: "none" | undefined;
          extensions?: {
            credProps?: boolean | undefined;
          } | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      register: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          setup_token?: string | undefined;
          attestation: {
            id: string;
            rawId: string;
            type: "public-key";
            authenticatorAttachment?: "cross-platform" | "platform" | null | undefined;
            clientExtensionResults: object;
            response: {
              clientDataJSON: string;
              attestationObject: string;
              authenticatorData?: string | undefined;
              transports?: string[] | undefined;
              publicKeyAlgorithm?: number | undefined;
              publicKey?: string | null | undefined;
            };
          };
          label?: string | undefined;
        };
        output: {
          status: "active";
          backup_codes: string[] | null;
        } | {
          status: "ok";
          access_token: string;
          refresh_token?: string | undefined;
          token_type: "Bearer";
          expires_in: number;
          user: {
            id: string;
            username: string;
            email: string | null;
            phone: string | null;
            roles: string[];
            permissions: string[];
            profile: {
              name: string | null;
              avatar: string | null;
              department: string | null;
              position: string | null;
            };
          };
          backup_codes: string[] | null;
        } | {
          expires_in: number;
          status: "password_change_required";
          change_token: string;
          backup_codes: string[] | null;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: Record<string, never> | undefined;
        output: {
          items: {
            id: string;
            label: string;
            backed_up: boolean;
            created_at: Date;
            last_used_at: Date | null;
          }[];
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      remove: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      loginOptions: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          mfa_token?: string | undefined;
          purpose?: "login" | "step_up" | undefined;
        } | undefined;
        output: {
          challenge: string;
          timeout?: number | undefined;
          rpId?: string | undefined;
          allowCredentials?: {
            id: string;
            type: "public-key";
            transports?: string[] | undefined;
          }[] | undefined;
          userVerification?: "discouraged" | "preferred" | "required" | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    oauth: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      providers: _$_trpc_server0.TRPCQueryProcedure<{
        input: Record<string, never> | undefined;
        output: {
          items: {
            id: string;
            kind: string;
            display_name: string;
          }[];
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      authorize: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          provider: string;
          client_id: string;
          redirect_uri: string;
          state: string;
          code_challenge: string;
          code_challenge_method?: "S256" | undefined;
          response_type?: "code" | undefined;
        };
        output: {
          url: string;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      callback: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          provider: string;
          state?: string | undefined;
          code?: string | undefined;
          authCode?: string | undefined;
          error?: string | undefined;
          error_description?: string | undefined;
          iss?: string | undefined;
        };
        output: {
          url: string;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      link: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          provider: string;
          client_id: string;
          redirect_uri: string;
        };
        output: {
          url: string;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      unlink: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          provider: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      identities: _$_trpc_server0.TRPCQueryProcedure<{
        input: Record<string, never> | undefined;
        output: {
          items: {
            provider: string;
            name: string | null;
            email: string | null;
            avatar: string | null;
            linked_at: Date;
          }[];
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    qr: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      create: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          device?: {
            device_type?: "api" | "mobile" | "web" | undefined;
            device_name?: string | undefined;
          } | undefined;
        } | undefined;
        output: {
          qr_id: string;
          qr_secret: string;
          qr_url: string;
          number: number;
          expires_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      watch: _$_trpc_server0.TRPCSubscriptionProcedure<{
        input: {
          qr_id: string;
        };
        output: AsyncIterable<{
          status: "claimed" | "confirmed" | "expired" | "pending" | "rejected" | "scanned";
        }, any, any>;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      claim: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          device?: {
            device_type?: "api" | "mobile" | "web" | undefined;
            device_name?: string | undefined;
          } | undefined;
          refresh_transport?: "body" | "cookie" | undefined;
          qr_id: string;
          qr_secret: string;
        };
        output: {
          status: "ok";
          access_token: string;
          refresh_token?: string | undefined;
          token_type: "Bearer";
          expires_in: number;
          user: {
            id: string;
            username: string;
            email: string | null;
            phone: string | null;
            roles: string[];
            permissions: string[];
            profile: {
              name: string | null;
              avatar: string | null;
              department: string | null;
              position: string | null;
            };
          };
        } | {
          expires_in: number;
          status: "mfa_required";
          mfa_token: string;
          methods: ("backup_code" | "email" | "new_account" | "passkey" | "totp")[];
        } | {
          expires_in: number;
          status: "mfa_setup_required";
          setup_token: string;
          methods: ("passkey" | "totp")[];
        } | {
          expires_in: number;
          status: "password_change_required";
          change_token: string;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      scan: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          qr_id: string;
        };
        output: {
          device: {
            user_agent: string | null;
            device_name: string | null;
            ip: string | null;
          };
          numbers: number[];
          expires_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      confirm: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          qr_id: string;
          number: number;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      reject: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          qr_id: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    contact: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      bind: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          email: string;
          code: string;
          challenge_id?: string | undefined;
        } | {
          phone: string;
          code: string;
          challenge_id?: string | undefined;
        };
        output: {
          id: string;
          username: string;
          email: string | null;
          phone: string | null;
          email_verified: boolean;
          phone_verified: boolean;
          status: "active" | "inactive" | "locked";
          roles: {
            role_id: string;
            name: string;
            granted_by: string | null;
            granted_at: Date;
            expires_at: Date | null;
          }[];
          profile: {
            name: string | null;
            avatar: string | null;
            department: string | null;
            position: string | null;
          };
          login_history: {
            last_login_at: Date | null;
            login_count: number;
          };
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      remove: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          contact: "email" | "phone";
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    account: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      delete: _$_trpc_server0.TRPCMutationProcedure<{
        input: Record<string, never> | undefined;
        output: {
          deletion_due_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    apiKeys: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
        } | undefined;
        output: {
          items: {
            id: string;
            name: string;
            prefix: string;
            scopes: string[];
            created_at: Date;
            expires_at: Date | null;
            last_used_at: Date | null;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      create: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          name: string;
          scopes: string[];
          expires_at?: Date | null | undefined;
        };
        output: {
          key: string;
          api_key: {
            id: string;
            name: string;
            prefix: string;
            scopes: string[];
            created_at: Date;
            expires_at: Date | null;
            last_used_at: Date | null;
          };
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      revoke: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    sessions: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
        } | undefined;
        output: {
          items: {
            id: string;
            device_info: {
              user_agent: string | null;
              ip: string | null;
              device_type: "api" | "mobile" | "web";
              device_name: string | null;
            };
            auth_methods: string[];
            client_id: string | null;
            created_at: Date;
            last_accessed_at: Date;
            expires_at: Date;
            current: boolean;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      revoke: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    revocations: _$_trpc_server0.TRPCSubscriptionProcedure<{
      input: {
        cursor?: string | undefined;
      } | undefined;
      output: AsyncIterable<{
        cursor: string;
        at: Date;
        reset: boolean;
        records: ({
          cursor: string;
          at: Date;
          type: "session";
          id: string;
          value: null;
        } | {
          cursor: string;
          at: Date;
          type: "user";
          id: string;
          value: number;
        } | {
          cursor: string;
          at: Date;
          type: "role";
          id: string;
          value: {
            name: string;
            rights_version: number;
          } | null;
        } | {
          cursor: string;
          at: Date;
          type: "client";
          id: string;
          value: {
            epoch: number;
            scopes: string[];
          } | null;
        } | {
          cursor: string;
          at: Date;
          type: "key";
          id: string;
          value: "verifying" | null;
        })[];
      }, any, any>;
      meta: Meta;
      errorShape: ErrorShape;
    }>;
  }>>;
  users: _$_trpc_server0.TRPCBuiltRouter<{
    ctx: RootContext;
    meta: Meta;
    errorShape: ErrorShape;
    transformer: true;
  }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
    list: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        limit?: number | undefined;
        cursor?: string | undefined;
        with_total?: boolean | undefined;
        search?: string | undefined;
        status?: "active" | "inactive" | "locked" | undefined;
        role?: string | undefined;
        sort?: "created_at" | "last_login_at" | "username" | undefined;
      } | undefined;
      output: {
        items: {
          id: string;
          username: string;
          email: string | null;
          phone: string | null;
          email_verified: boolean;
          phone_verified: boolean;
          status: "active" | "inactive" | "locked";
          roles: {
            role_id: string;
            name: string;
            granted_by: string | null;
            granted_at: Date;
            expires_at: Date | null;
          }[];
          profile: {
            name: string | null;
            avatar: string | null;
            department: string | null;
            position: string | null;
          };
          login_history: {
            last_login_at: Date | null;
            login_count: number;
          };
          created_at: Date;
          updated_at: Date;
        }[];
        next_cursor: string | null;
        total?: number | undefined;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    get: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        id: string;
      };
      output: {
        id: string;
        username: string;
        email: string | null;
        phone: string | null;
        email_verified: boolean;
        phone_verified: boolean;
        status: "active" | "inactive" | "locked";
        roles: {
          role_id: string;
          name: string;
          granted_by: string | null;
          granted_at: Date;
          expires_at: Date | null;
        }[];
        profile: {
          name: string | null;
          avatar: string | null;
          department: string | null;
          position: string | null;
        };
        login_history: {
          last_login_at: Date | null;
          login_count: number;
        };
        created_at: Date;
        updated_at: Date;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    create: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        username: string;
        email?: string | undefined;
        phone?: string | undefined;
        profile?: {
          name?: string | null | undefined;
          avatar?: string | null | undefined;
          department?: string | null | undefined;
          position?: string | null | undefined;
        } | undefined;
        password?: string | undefined;
        role_ids?: string[] | undefined;
      };
      output: {
        id: string;
        username: string;
        email: string | null;
        phone: string | null;
        email_verified: boolean;
        phone_verified: boolean;
        status: "active" | "inactive" | "locked";
        roles: {
          role_id: string;
          name: string;
          granted_by: string | null;
          granted_at: Date;
          expires_at: Date | null;
        }[];
        profile: {
          name: string | null;
          avatar: string | null;
          department: string | null;
          position: string | null;
        };
        login_history: {
          last_login_at: Date | null;
          login_count: number;
        };
        created_at: Date;
        updated_at: Date;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    invite: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        id: string;
      };
      output: void;
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    update: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        id: string;
        username?: string | undefined;
        email?: string | null | undefined;
        phone?: string | null | undefined;
        profile?: {
          name?: string | null | undefined;
          avatar?: string | null | undefined;
          department?: string | null | undefined;
          position?: string | null | undefined;
        } | undefined;
      };
      output: {
        id: string;
        username: string;
        email: string | null;
        phone: string | null;
        email_verified: boolean;
        phone_verified: boolean;
        status: "active" | "inactive" | "locked";
        roles: {
          role_id: string;
          name: string;
          granted_by: string | null;
          granted_at: Date;
          expires_at: Date | null;
        }[];
        profile: {
          name: string | null;
          avatar: string | null;
          department: string | null;
          position: string | null;
        };
        login_history: {
          last_login_at: Date | null;
          login_count: number;
        };
        created_at: Date;
        updated_at: Date;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    delete: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        id: string;
      };
      output: void;
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    export: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        id: string;
      };
      output: {
        exported_at: Date;
        user: {
          id: string;
          username: string;
          email: string | null;
          phone: string | null;
          email_verified: boolean;
          phone_verified: boolean;
          status: "active" | "inactive" | "locked";
          roles: {
            role_id: string;
            name: string;
            granted_by: string | null;
            granted_at: Date;
            expires_at: Date | null;
          }[];
          profile: {
            name: string | null;
            avatar: string | null;
            department: string | null;
            position: string | null;
          };
          login_history: {
            last_login_at: Date | null;
            login_count: number;
          };
          created_at: Date;
          updated_at: Date;
        };
        account: {
          last_ip: string | null;
          has_password: boolean;
          password_changed_at: Date | null;
          second_factors: ("backup_codes" | "passkey" | "totp")[];
          deletion_due_at: Date | null;
        };
        identities: {
          provider: string;
          subject: string;
          linked_at: Date;
          name: string | null;
          email: string | null;
          avatar: string | null;
        }[];
        metadata: Record<string, Record<string, unknown>>;
        sessions: {
          id: string;
          device_info: {
            user_agent: string | null;
            ip: string | null;
            device_type: "api" | "mobile" | "web";
            device_name: string | null;
          };
          auth_methods: string[];
          client_id: string | null;
          created_at: Date;
          last_accessed_at: Date;
          expires_at: Date;
          revoked_at: Date | null;
        }[];
        passkeys: {
          id: string;
          label: string;
          created_at: Date;
          last_used_at: Date | null;
        }[];
        api_keys: {
          id: string;
          name: string;
          prefix: string;
          scopes: string[];
          created_at: Date;
          expires_at: Date | null;
          last_used_at: Date | null;
        }[];
        notices: {
          kind: string;
          at: Date;
        }[];
        audit: {
          items: {
            at: Date;
            act: string;
            outcome: "failure" | "success";
            actor: {
              kind: string;
              id: string | null;
            };
            target: {
              kind: string;
              id: string | null;
            };
            ip: string | null;
            user_agent: string | null;
            details: Record<string, unknown>;
          }[];
          is_complete: boolean;
        };
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    permissions: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        id: string;
      };
      output: {
        user_id: string;
        roles: {
          role_id: string;
          name: string;
          display_name: string;
          level: number;
          expires_at: Date | null;
        }[];
        permissions: {
          name: string;
          resource: string;
          action: string;
          granted_by_roles: string[];
        }[];
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    assignRole: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        id: string;
        role_id: string;
        expires_at?: Date | null | undefined;
      };
      output: {
        id: string;
        username: string;
        email: string | null;
        phone: string | null;
        email_verified: boolean;
        phone_verified: boolean;
        status: "active" | "inactive" | "locked";
        roles: {
          role_id: string;
          name: string;
          granted_by: string | null;
          granted_at: Date;
          expires_at: Date | null;
        }[];
        profile: {
          name: string | null;
          avatar: string | null;
          department: string | null;
          position: string | null;
        };
        login_history: {
          last_login_at: Date | null;
          login_count: number;
        };
        created_at: Date;
        updated_at: Date;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    renewRole: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        id: string;
        role_id: string;
        expires_at: Date | null;
      };
      output: {
        id: string;
        username: string;
        email: string | null;
        phone: string | null;
        email_verified: boolean;
        phone_verified: boolean;
        status: "active" | "inactive" | "locked";
        roles: {
          role_id: string;
          name: string;
          granted_by: string | null;
          granted_at: Date;
          expires_at: Date | null;
        }[];
        profile: {
          name: string | null;
          avatar: string | null;
          department: string | null;
          position: string | null;
        };
        login_history: {
          last_login_at: Date | null;
          login_count: number;
        };
        created_at: Date;
        updated_at: Date;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    removeRole: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        id: string;
        role_id: string;
      };
      output: void;
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    setStatus: _$_trpc_server0.TRPCMutationProcedure<{
      input: {
        id: string;
        status: "active" | "inactive" | "locked";
      };
      output: {
        id: string;
        username: string;
        email: string | null;
        phone: string | null;
        email_verified: boolean;
        phone_verified: boolean;
        status: "active" | "inactive" | "locked";
        roles: {
          role_id: string;
          name: string;
          granted_by: string | null;
          granted_at: Date;
          expires_at: Date | null;
        }[];
        profile: {
          name: string | null;
          avatar: string | null;
          department: string | null;
          position: string | null;
        };
        login_history: {
          last_login_at: Date | null;
          login_count: number;
        };
        created_at: Date;
        updated_at: Date;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    sessions: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
          id: string;
        };
        output: {
          items: {
            id: string;
            device_info: {
              user_agent: string | null;
              ip: string | null;
              device_type: "api" | "mobile" | "web";
              device_name: string | null;
            };
            auth_methods: string[];
            client_id: string | null;
            created_at: Date;
            last_accessed_at: Date;
            expires_at: Date;
            current: boolean;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      revoke: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          session_id: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    metadata: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      get: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          id: string;
        };
        output: {
          metadata: Record<string, unknown>;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      set: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          metadata: Record<string, unknown>;
        };
        output: {
          metadata: Record<string, unknown>;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    mfa: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      reset: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
        };
        output: {
          id: string;
          username: string;
          email: string | null;
          phone: string | null;
          email_verified: boolean;
          phone_verified: boolean;
          status: "active" | "inactive" | "locked";
          roles: {
            role_id: string;
            name: string;
            granted_by: string | null;
            granted_at: Date;
            expires_at: Date | null;
          }[];
          profile: {
            name: string | null;
            avatar: string | null;
            department: string | null;
            position: string | null;
          };
          login_history: {
            last_login_at: Date | null;
            login_count: number;
          };
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
  }>>;
  rbac: _$_trpc_server0.TRPCBuiltRouter<{
    ctx: RootContext;
    meta: Meta;
    errorShape: ErrorShape;
    transformer: true;
  }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
    requests: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
          whose?: "mine" | "to_decide" | undefined;
          status?: "approved" | "cancelled" | "declined" | "lapsed" | "pending" | undefined;
        } | undefined;
        output: {
          items: {
            id: string;
            user_id: string;
            username: string | null;
            role_id: string;
            role: string;
            reason: string;
            duration: number;
            status: "approved" | "cancelled" | "declined" | "lapsed" | "pending";
            approvals: {
              user_id: string;
              at: Date;
              comment: string | null;
            }[];
            approvals_needed: number;
            decided_by: string | null;
            closed_at: Date | null;
            comment: string | null;
            granted_until: Date | null;
            created_at: Date;
            lapses_at: Date;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      create: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          role: string;
          reason: string;
          duration: number;
        };
        output: {
          id: string;
          user_id: string;
          username: string | null;
          role_id: string;
          role: string;
          reason: string;
          duration: number;
          status: "approved" | "cancelled" | "declined" | "lapsed" | "pending";
          approvals: {
            user_id: string;
            at: Date;
            comment: string | null;
          }[];
          approvals_needed: number;
          decided_by: string | null;
          closed_at: Date | null;
          comment: string | null;
          granted_until: Date | null;
          created_at: Date;
          lapses_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      approve: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          comment?: string | undefined;
        };
        output: {
          id: string;
          user_id: string;
          username: string | null;
          role_id: string;
          role: string;
          reason: string;
          duration: number;
          status: "approved" | "cancelled" | "declined" | "lapsed" | "pending";
          approvals: {
            user_id: string;
            at: Date;
            comment: string | null;
          }[];
          approvals_needed: number;
          decided_by: string | null;
          closed_at: Date | null;
          comment: string | null;
          granted_until: Date | null;
          created_at: Date;
          lapses_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      decline: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          comment?: string | undefined;
        };
        output: {
          id: string;
          user_id: string;
          username: string | null;
          role_id: string;
          role: string;
          reason: string;
          duration: number;
          status: "approved" | "cancelled" | "declined" | "lapsed" | "pending";
          approvals: {
            user_id: string;
            at: Date;
            comment: string | null;
          }[];
          approvals_needed: number;
          decided_by: string | null;
          closed_at: Date | null;
          comment: string | null;
          granted_until: Date | null;
          created_at: Date;
          lapses_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      cancel: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
        };
        output: {
          id: string;
          user_id: string;
          username: string | null;
          role_id: string;
          role: string;
          reason: string;
          duration: number;
          status: "approved" | "cancelled" | "declined" | "lapsed" | "pending";
          approvals: {
            user_id: string;
            at: Date;
            comment: string | null;
          }[];
          approvals_needed: number;
          decided_by: string | null;
          closed_at: Date | null;
          comment: string | null;
          granted_until: Date | null;
          created_at: Date;
          lapses_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
  }> & _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
    roles: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
        } | undefined;
        output: {
          items: {
            id: string;
            name: string;
            display_name: string;
            description: string;
            level: number;
            status: "active" | "inactive";
            is_builtin: boolean;
            permissions: {
              permission_id: string;
              name: string;
              resource: string;
              action: string;
            }[];
            version: number;
            created_at: Date;
            updated_at: Date;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      get: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          id: string;
        };
        output: {
          id: string;
          name: string;
          display_name: string;
          description: string;
          level: number;
          status: "active" | "inactive";
          is_builtin: boolean;
          permissions: {
            permission_id: string;
            name: string;
            resource: string;
            action: string;
          }[];
          version: number;
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      create: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          name: string;
          display_name: string;
          description?: string | undefined;
          level: number;
          permission_ids?: string[] | undefined;
        };
        output: {
          id: string;
          name: string;
          display_name: string;
          description: string;
          level: number;
          status: "active" | "inactive";
          is_builtin: boolean;
          permissions: {
            permission_id: string;
            name: string;
            resource: string;
            action: string;
          }[];
          version: number;
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      update: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          version: number;
          name?: string | undefined;
          display_name?: string | undefined;
          description?: string | undefined;
          level?: number | undefined;
          status?: "active" | "inactive" | undefined;
        };
        output: {
          id: string;
          name: string;
          display_name: string;
          description: string;
          level: number;
          status: "active" | "inactive";
          is_builtin: boolean;
          permissions: {
            permission_id: string;
            name: string;
            resource: string;
            action: string;
          }[];
          version: number;
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      delete: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          reassign_to?: string | undefined;
          force?: boolean | undefined;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      addPermissions: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          permission_ids: string[];
        };
        output: {
          id: string;
          name: string;
          display_name: string;
          description: string;
          level: number;
          status: "active" | "inactive";
          is_builtin: boolean;
          permissions: {
            permission_id: string;
            name: string;
            resource: string;
            action: string;
          }[];
          version: number;
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      removePermission: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          permission_id: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      features: _$_trpc_server0.TRPCBuiltRouter<{
        ctx: RootContext;
        meta: Meta;
        errorShape: ErrorShape;
        transformer: true;
      }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
        get: _$_trpc_server0.TRPCQueryProcedure<{
          input: {
            id: string;
          };
          output: {
            features: Record<string, Record<string, boolean>>;
            version: number;
          };
          meta: Meta;
          errorShape: ErrorShape;
        }>;
        set: _$_trpc_server0.TRPCMutationProcedure<{
          input: {
            id: string;
            version: number;
            features: Record<string, Record<string, boolean>>;
          };
          output: {
            features: Record<string, Record<string, boolean>>;
            version: number;
          };
          meta: Meta;
          errorShape: ErrorShape;
        }>;
      }>>;
    }>>;
    permissions: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
          category?: string | undefined;
        } | undefined;
        output: {
          items: {
            id: string;
            name: string;
            resource: string;
            action: string;
            description: string;
            category: string;
            is_builtin: boolean;
            created_at: Date;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      create: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          name: string;
          resource: string;
          action: string;
          description?: string | undefined;
          category?: string | undefined;
        };
        output: {
          id: string;
          name: string;
          resource: string;
          action: string;
          description: string;
          category: string;
          is_builtin: boolean;
          created_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      update: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          name?: string | undefined;
          description?: string | undefined;
          category?: string | undefined;
        };
        output: {
          id: string;
          name: string;
          resource: string;
          action: string;
          description: string;
          category: string;
          is_builtin: boolean;
          created_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      delete: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    check: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        user_id?: string | undefined;
        resource: string;
        action: string;
      } | {
        user_id?: string | undefined;
        permission: string;
      };
      output: {
        allowed: boolean;
        reason: "grant_expired" | "granted" | "no_permission" | "role_inactive" | "user_inactive" | "user_unknown";
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    checkMany: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        checks: ({
          user_id?: string | undefined;
          resource: string;
          action: string;
        } | {
          user_id?: string | undefined;
          permission: string;
        })[];
      };
      output: {
        results: {
          allowed: boolean;
          reason: "grant_expired" | "granted" | "no_permission" | "role_inactive" | "user_inactive" | "user_unknown";
        }[];
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    explain: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        user_id?: string | undefined;
        resource: string;
        action: string;
      } | {
        user_id?: string | undefined;
        permission: string;
      };
      output: {
        allowed: boolean;
        reason: "grant_expired" | "granted" | "no_permission" | "role_inactive" | "user_inactive" | "user_unknown";
        asked: {
          resource: string;
          action: string;
        } | null;
        chain?: {
          grant: {
            role_id: string;
            role: string;
            granted_by: string | null;
            granted_at: Date;
            expires_at: Date | null;
          };
          role: {
            id: string;
            name: string;
            display_name: string;
            level: number;
            status: "active" | "inactive";
          };
          permission: {
            permission_id: string;
            name: string;
            resource: string;
            action: string;
          };
          via_manage: boolean;
        }[] | undefined;
        blocked: ({
          what: "user_status";
          status: "active" | "inactive" | "locked";
        } | {
          what: "key_scopes";
        } | {
          what: "grant_expired";
          role_id: string;
          role: string;
          expires_at: Date;
        } | {
          what: "role_inactive";
          role_id: string;
          role: string;
        })[];
        missing?: {
          roles_that_would_give_it: {
            role_id: string;
            name: string;
            level: number;
          }[];
          who_could_grant: {
            user_id: string;
            username: string;
            name: string | null;
          }[];
        } | undefined;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    whoCan: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        limit?: number | undefined;
        cursor?: string | undefined;
        with_total?: boolean | undefined;
        resource?: string | undefined;
        action?: string | undefined;
        permission?: string | undefined;
      };
      output: {
        items: {
          user_id: string;
          username: string;
          name: string | null;
          roles: {
            role_id: string;
            name: string;
            expires_at: Date | null;
          }[];
          until: Date | null;
        }[];
        next_cursor: string | null;
        total?: number | undefined;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
    simulate: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        change: "role.update";
        role_id: string;
        status?: "active" | "inactive" | undefined;
        level?: number | undefined;
        add_permission_ids?: string[] | undefined;
        remove_permission_ids?: string[] | undefined;
      } | {
        change: "role.delete";
        role_id: string;
        reassign_to?: string | undefined;
      } | {
        change: "grant.assign";
        user_id: string;
        role_id: string;
        expires_at?: Date | null | undefined;
      } | {
        change: "grant.remove";
        user_id: string;
        role_id: string;
      } | {
        change: "user.status";
        user_id: string;
        status: "active" | "inactive" | "locked";
      } | {
        change: "permission.delete";
        permission_id: string;
      };
      output: {
        affected_users: number;
        gained: {
          users: number;
          by_pair: {
            pair: string;
            users: number;
          }[];
          sample: {
            user_id: string;
            username: string;
            name: string | null;
            pairs: string[];
          }[];
        };
        lost: {
          users: number;
          by_pair: {
            pair: string;
            users: number;
          }[];
          sample: {
            user_id: string;
            username: string;
            name: string | null;
            pairs: string[];
          }[];
        };
        permitted: boolean;
        refused?: {
          code: "ACCOUNT_DISABLED" | "ACCOUNT_LOCKED" | "ALREADY_EXISTS" | "BUILTIN_PROTECTED" | "CAPTCHA_REQUIRED" | "DEPENDENCY_UNAVAILABLE" | "EMAIL_NOT_VERIFIED" | "IDEMPOTENCY_CONFLICT" | "INSUFFICIENT_CREDITS" | "INTERNAL" | "INVALID_CLIENT" | "INVALID_CODE" | "INVALID_CREDENTIALS" | "INVALID_GRANT" | "INVALID_REDIRECT_URI" | "INVALID_SCOPE" | "INVALID_TRANSITION" | "IN_USE" | "LAST_ADMIN" | "LAST_CREDENTIAL" | "NOT_FOUND" | "ORIGIN_REFUSED" | "OVERLOADED" | "PAYLOAD_TOO_LARGE" | "PERMISSION_DENIED" | "RATE_LIMITED" | "SESSION_REVOKED" | "STEP_UP_REQUIRED" | "TOKEN_EXPIRED" | "TOKEN_INVALID" | "TOKEN_STALE" | "UNAUTHENTICATED" | "UNAUTHORIZED_CLIENT" | "UNSUPPORTED_GRANT_TYPE" | "UNSUPPORTED_MEDIA_TYPE" | "VALIDATION_FAILED" | "VERSION_CONFLICT";
          permission?: string | undefined;
          detail: string;
        } | undefined;
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
  }>>;
  system: _$_trpc_server0.TRPCBuiltRouter<{
    ctx: RootContext;
    meta: Meta;
    errorShape: ErrorShape;
    transformer: true;
  }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
    audit: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
          act?: string | undefined;
          actor_id?: string | undefined;
          target_id?: string | undefined;
          request_id?: string | undefined;
          outcome?: "failure" | "success" | undefined;
          from?: Date | undefined;
          to?: Date | undefined;
        } | undefined;
        output: {
          items: {
            id: string;
            at: Date;
            act: string;
            outcome: "failure" | "success";
            actor: {
              kind: string;
              id: string | null;
              sid: string | null;
              key_id?: string | undefined;
            };
            target: {
              kind: string;
              id: string | null;
            };
            request_id: string | null;
            details: Record<string, unknown>;
            ip: string | null;
            user_agent: string | null;
            personal: Record<string, unknown> | null;
            erased: boolean;
            block: number | null;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      verify: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          from?: number | undefined;
          blocks?: number | undefined;
          head?: string | undefined;
        } | undefined;
        output: {
          intact: boolean;
          from: number | null;
          to: number | null;
          lines: number;
          erased: number;
          kept_from: number;
          head: string | null;
          unsealed: {
            count: number;
            oldest: Date | null;
          };
          problems: {
            fault: "block_forged" | "block_missing" | "erasure_unexplained" | "head_differs" | "key_unknown" | "line_altered" | "line_inserted" | "line_moved" | "line_removed";
            block: number;
            index: number | null;
            line: string | null;
          }[];
          next: number | null;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      export: _$_trpc_server0.TRPCSubscriptionProcedure<{
        input: {
          from?: Date | undefined;
          to?: Date | undefined;
        } | undefined;
        output: AsyncIterable<{
          kind: "block";
          block: number;
          prev: string;
          at: Date;
          count: number;
          from: Date;
          to: Date;
          root: string;
          key: string;
          hash: string;
        } | {
          kind: "line";
          line: {
            id: string;
            at: Date;
            act: string;
            outcome: "failure" | "success";
            actor: {
              kind: string;
              id: string | null;
              sid: string | null;
              key_id?: string | undefined;
            };
            target: {
              kind: string;
              id: string | null;
            };
            request_id: string | null;
            details: Record<string, unknown>;
          };
          origin: {
            ip: string | null;
            user_agent: string | null;
          } | null;
          personal: Record<string, unknown> | null;
          seal: {
            block: number;
            index: number;
            origin: {
              hash: string;
              salt: string | null;
            } | null;
            personal: {
              hash: string;
              salt: string | null;
            } | null;
          } | null;
        }, any, any>;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    clients: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
        } | undefined;
        output: {
          items: {
            id: string;
            name: string;
            kind: "native" | "service" | "spa" | "web";
            redirect_uris: string[];
            audiences: string[];
            scopes: string[];
            has_exchange_secret: boolean;
            secrets: {
              created_at: Date;
              expires_at: Date | null;
            }[];
            version: number;
            created_at: Date;
            updated_at: Date;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      get: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          id: string;
        };
        output: {
          id: string;
          name: string;
          kind: "native" | "service" | "spa" | "web";
          redirect_uris: string[];
          audiences: string[];
          scopes: string[];
          has_exchange_secret: boolean;
          secrets: {
            created_at: Date;
            expires_at: Date | null;
          }[];
          version: number;
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      create: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          name: string;
          kind: "native" | "service" | "spa" | "web";
          redirect_uris?: string[] | undefined;
          audiences?: string[] | undefined;
          scopes?: ("feed:read" | "rbac:check" | "users:metadata" | "users:read")[] | undefined;
          exchange_secret?: string | undefined;
        };
        output: {
          client_id: string;
          client_secret: string | null;
          client: {
            id: string;
            name: string;
            kind: "native" | "service" | "spa" | "web";
            redirect_uris: string[];
            audiences: string[];
            scopes: string[];
            has_exchange_secret: boolean;
            secrets: {
              created_at: Date;
              expires_at: Date | null;
            }[];
            version: number;
            created_at: Date;
            updated_at: Date;
          };
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      update: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          version: number;
          name?: string | undefined;
          redirect_uris?: string[] | undefined;
          audiences?: string[] | undefined;
          scopes?: ("feed:read" | "rbac:check" | "users:metadata" | "users:read")[] | undefined;
          exchange_secret?: string | null | undefined;
        };
        output: {
          id: string;
          name: string;
          kind: "native" | "service" | "spa" | "web";
          redirect_uris: string[];
          audiences: string[];
          scopes: string[];
          has_exchange_secret: boolean;
          secrets: {
            created_at: Date;
            expires_at: Date | null;
          }[];
          version: number;
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      delete: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      rotateSecret: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          keep_old_for?: number | undefined;
        };
        output: {
          client_secret: string;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    config: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      get: _$_trpc_server0.TRPCQueryProcedure<{
        input: Record<string, never> | undefined;
        output: {
          version: number;
          updated_at: Date | null;
          settings: {
            key: "auth.magic_link" | "rate_limit.login" | "rate_limit.read_write" | "rate_limit.refresh" | "rate_limit.register" | "rate_limit.verify" | "registration.email_verification" | "security.lockout_duration" | "security.max_login_attempts" | "security.mfa_required_roles" | "security.password_history" | "security.password_max_age" | "security.password_min_length" | "security.password_profile" | "sms.allowed_countries" | "sms.daily_cap";
            value: string | number | boolean | string[] | null;
            source: "configuration" | "runtime";
            configured: string | number | boolean | string[] | null;
            allowed: string;
            min?: string | number | undefined;
            max?: string | number | undefined;
            options?: string[] | undefined;
          }[];
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      update: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          version: number;
          settings: {
            "auth.magic_link"?: boolean | null | undefined;
            "rate_limit.login"?: string | null | undefined;
            "rate_limit.read_write"?: string | null | undefined;
            "rate_limit.refresh"?: string | null | undefined;
            "rate_limit.register"?: string | null | undefined;
            "rate_limit.verify"?: string | null | undefined;
            "registration.email_verification"?: string | null | undefined;
            "security.lockout_duration"?: string | null | undefined;
            "security.max_login_attempts"?: number | null | undefined;
            "security.mfa_required_roles"?: string[] | null | undefined;
            "security.password_history"?: number | null | undefined;
            "security.password_max_age"?: string | null | undefined;
            "security.password_min_length"?: number | null | undefined;
            "security.password_profile"?: string | null | undefined;
            "sms.allowed_countries"?: string[] | null | undefined;
            "sms.daily_cap"?: number | null | undefined;
          };
        };
        output: {
          version: number;
          updated_at: Date | null;
          settings: {
            key: "auth.magic_link" | "rate_limit.login" | "rate_limit.read_write" | "rate_limit.refresh" | "rate_limit.register" | "rate_limit.verify" | "registration.email_verification" | "security.lockout_duration" | "security.max_login_attempts" | "security.mfa_required_roles" | "security.password_history" | "security.password_max_age" | "security.password_min_length" | "security.password_profile" | "sms.allowed_countries" | "sms.daily_cap";
            value: string | number | boolean | string[] | null;
            source: "configuration" | "runtime";
            configured: string | number | boolean | string[] | null;
            allowed: string;
            min?: string | number | undefined;
            max?: string | number | undefined;
            options?: string[] | undefined;
          }[];
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    webhooks: _$_trpc_server0.TRPCBuiltRouter<{
      ctx: RootContext;
      meta: Meta;
      errorShape: ErrorShape;
      transformer: true;
    }, _$_trpc_server0.TRPCDecorateCreateRouterOptions<{
      list: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
        } | undefined;
        output: {
          items: {
            id: string;
            url: string;
            events: string[];
            description: string | null;
            enabled: boolean;
            disabled_reason: "gone" | null;
            failing_since: Date | null;
            version: number;
            created_at: Date;
            updated_at: Date;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      get: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          id: string;
        };
        output: {
          id: string;
          url: string;
          events: string[];
          description: string | null;
          enabled: boolean;
          disabled_reason: "gone" | null;
          failing_since: Date | null;
          version: number;
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      create: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          url: string;
          events: ("role.*" | "role.created" | "role.deleted" | "role.updated" | "session.*" | "session.ended" | "session.opened" | "user.*" | "user.created" | "user.deleted" | "user.role_expired" | "user.role_granted" | "user.role_revoked" | "user.status_changed" | "user.updated")[];
          description?: string | null | undefined;
          enabled?: boolean | undefined;
        };
        output: {
          webhook: {
            id: string;
            url: string;
            events: string[];
            description: string | null;
            enabled: boolean;
            disabled_reason: "gone" | null;
            failing_since: Date | null;
            version: number;
            created_at: Date;
            updated_at: Date;
          };
          secret: string;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      update: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          version: number;
          url?: string | undefined;
          events?: ("role.*" | "role.created" | "role.deleted" | "role.updated" | "session.*" | "session.ended" | "session.opened" | "user.*" | "user.created" | "user.deleted" | "user.role_expired" | "user.role_granted" | "user.role_revoked" | "user.status_changed" | "user.updated")[] | undefined;
          description?: string | null | undefined;
          enabled?: boolean | undefined;
        };
        output: {
          id: string;
          url: string;
          events: string[];
          description: string | null;
          enabled: boolean;
          disabled_reason: "gone" | null;
          failing_since: Date | null;
          version: number;
          created_at: Date;
          updated_at: Date;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      delete: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
        };
        output: void;
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      rotateSecret: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          keep_old_for?: number | undefined;
        };
        output: {
          secret: string;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      deliveries: _$_trpc_server0.TRPCQueryProcedure<{
        input: {
          limit?: number | undefined;
          cursor?: string | undefined;
          with_total?: boolean | undefined;
          id: string;
          status?: "delivered" | "failed" | "pending" | undefined;
        };
        output: {
          items: {
            id: string;
            event_id: string;
            type: "role.created" | "role.deleted" | "role.updated" | "session.ended" | "session.opened" | "user.created" | "user.deleted" | "user.role_expired" | "user.role_granted" | "user.role_revoked" | "user.status_changed" | "user.updated";
            status: "delivered" | "failed" | "pending";
            attempts: number;
            last_attempt_at: Date | null;
            last_status: number | null;
            last_error: string | null;
            next_attempt_at: Date | null;
            created_at: Date;
          }[];
          next_cursor: string | null;
          total?: number | undefined;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
      replay: _$_trpc_server0.TRPCMutationProcedure<{
        input: {
          id: string;
          delivery_id?: string | undefined;
          since?: Date | undefined;
          only_failed?: boolean | undefined;
        };
        output: {
          count: number;
        };
        meta: Meta;
        errorShape: ErrorShape;
      }>;
    }>>;
    stats: _$_trpc_server0.TRPCQueryProcedure<{
      input: {
        from?: Date | undefined;
        to?: Date | undefined;
        by?: "day" | "hour" | undefined;
        time_zone?: string | undefined;
      } | undefined;
      output: {
        from: Date;
        to: Date;
        by: "day" | "hour";
        time_zone: string;
        active_sessions: number;
        total: {
          sign_ins: number;
          failures: number;
          registrations: number;
          verifications: number;
        };
        buckets: {
          sign_ins: number;
          failures: number;
          registrations: number;
          verifications: number;
          at: Date;
        }[];
      };
      meta: Meta;
      errorShape: ErrorShape;
    }>;
  }>>;
}>>;
type AppRouter$1 = typeof appRouter;
//#endregion
//#region src/router.d.ts
/**
 * The type of the server's router, for tools that are typed by it.
 *
 * @example
 * import type { AppRouter } from '@authcenter/client';
 * import type { TRPCClientErrorLike } from '@trpc/client';
 *
 * export const codeOf = (error: TRPCClientErrorLike<AppRouter>) => error.data?.code;
 */
type AppRouter = AppRouter$1;
/**
 * The typed client of every procedure: `api.<feature>.<procedure>.query(input)` or `.mutate(input)`.
 *
 * @example
 * import type { Api } from '@authcenter/client';
 *
 * export const countUsers = async (api: Api) => (await api.users.list.query({ with_total: true })).total;
 */
type Api = TRPCClient<AppRouter>;
/**
 * What each procedure takes, by its path.
 *
 * @example
 * import type { RouterInputs } from '@authcenter/client';
 *
 * const filter: RouterInputs['users']['list'] = { status: 'active', limit: 50 };
 */
type RouterInputs = inferRouterInputs<AppRouter>;
/**
 * What each procedure answers, by its path; dates are `Date`.
 *
 * @example
 * import type { RouterOutputs } from '@authcenter/client';
 *
 * type User = RouterOutputs['users']['get'];
 * export const isNew = (user: User) => user.login_history.last_login_at === null;
 */
type RouterOutputs = inferRouterOutputs<AppRouter>;
//#endregion
//#region src/record.d.ts
/**
 * The signed-in person: names, roles, and the permissions (`resource:ACTION`) that count now.
 *
 * @example
 * import type { SessionUser } from '@authcenter/client';
 *
 * export const greet = (user: SessionUser) => `Hello ${user.profile.name ?? user.username}`;
 */
type SessionUser = RouterOutputs['auth']['me'];
//#endregion
//#region src/can.d.ts
/**
 * A pair `resource:ACTION` or the name of a builtin permission; pairs made at run time are plain strings.
 *
 * @example
 * import type { PermissionName } from '@authcenter/client';
 *
 * const needed: PermissionName[] = ['knowledge:CREATE', 'TAG_MANAGE', 'invoice:APPROVE'];
 */
type PermissionName = BuiltinPermissionName | BuiltinPermissionPair | (string & Record<never, never>);
//#endregion
//#region src/environment.d.ts
/** The part of a `Response` that is read. */
interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: {
    get(name: string): string | null;
  };
  json(): Promise<unknown>;
  /** A `ReadableStream`; only what is to be read as it comes needs one. */
  readonly body?: unknown;
}
/** What a request is sent with. */
interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
  credentials?: 'include';
}
/**
 * The form of `fetch` that requests are sent by; the platform's own fits.
 *
 * @example
 * import { createAuthCenter, type Fetch } from '@authcenter/client';
 *
 * const logged: Fetch = (url, init) => {
 *   console.log(init.method, url);
 *   return fetch(url, init);
 * };
 * createAuthCenter({ url: 'https://auth.example.com', fetch: logged });
 */
type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;
//#endregion
//#region src/redirect.d.ts
/**
 * Where a sign-in by redirect goes, and where it comes back.
 *
 * @example
 * import type { RedirectOptions } from '@authcenter/client';
 *
 * const options: RedirectOptions = {
 *   provider: 'wechat',
 *   clientId: '6650f0a1b2c3d4e5f6a7b8c9',
 *   redirectUri: 'https://app.example.com/callback',
 * };
 */
interface RedirectOptions {
  /** The provider's id, as `api.auth.oauth.providers` lists them. */
  readonly provider: string;
  /** The id of this application at AuthCenter. */
  readonly clientId: string;
  /** A page of this application, exactly as it is registered there. */
  readonly redirectUri: string;
}
//#endregion
//#region src/sign-in.d.ts
/** How the refresh token travels follows from the storage chosen. */
type Opening<T> = T extends unknown ? Omit<T, 'refresh_transport'> : never;
/** The tokens stay with the SDK. */
type Opened<T> = T extends {
  status: 'ok';
} ? {
  status: 'ok';
  user: SessionUser;
} : T;
/**
 * What `auth.login` takes: one of the ways to sign in, and optionally the device's name.
 *
 * @example
 * import type { LoginInput } from '@authcenter/client';
 *
 * const input: LoginInput = { username: 'li.lei', password: 'correct horse battery staple', device: { device_type: 'web' } };
 */
type LoginInput = Opening<RouterInputs['auth']['login']>;
/**
 * What `auth.login` answers, told apart by `status`; with `ok` the person is signed in.
 *
 * @example
 * import type { LoginResult } from '@authcenter/client';
 *
 * export const isSignedIn = (result: LoginResult) => result.status === 'ok';
 */
type LoginResult = Opened<RouterOutputs['auth']['login']>;
/**
 * What finishes a sign-in that answered `mfa_required`.
 *
 * @example
 * import type { VerifyMfaInput } from '@authcenter/client';
 *
 * const input: VerifyMfaInput = { mfa_token: 'from auth.login', method: 'totp', code: '123456' };
 */
type VerifyMfaInput = RouterInputs['auth']['mfa']['verify'];
/**
 * What `auth.activateMfa` and `auth.addPasskey` answer: backup codes with the first factor, to be shown this once; and for a sign-in
 * that waited for a factor (`setup_token`) how it goes on.
 *
 * @example
 * import type { FactorResult } from '@authcenter/client';
 *
 * export const codesOf = (result: FactorResult) => result.backup_codes ?? [];
 */
type FactorResult = Opened<RouterOutputs['auth']['mfa']['activate']> & {
  readonly backup_codes: string[] | null;
};
/**
 * What `auth.register` takes.
 *
 * @example
 * import type { RegisterInput } from '@authcenter/client';
 *
 * const input: RegisterInput = { username: 'li.lei', email: 'li.lei@example.com', password: 'correct horse battery staple' };
 */
type RegisterInput = Opening<RouterInputs['auth']['register']>;
/**
 * What `auth.register` answers: signed in at once (`ok`), or first the link in the mail (`verification_required`), or a second
 * factor (`mfa_setup_required`).
 *
 * @example
 * import type { RegisterResult } from '@authcenter/client';
 *
 * export const mustReadMail = (result: RegisterResult) => result.status === 'verification_required';
 */
type RegisterResult = Opened<RouterOutputs['auth']['register']>;
//#endregion
//#region src/error.d.ts
/**
 * What went wrong: a code of the server's error table, `NETWORK_ERROR` when no answer of an AuthCenter came, `ABORTED` when the
 * caller's own signal ended the call, `ACCESS_DENIED` when the person said no, at a sign-in provider or to a passkey.
 *
 * @example
 * import type { AuthCenterErrorCode } from '@authcenter/client';
 *
 * const texts: Partial<Record<AuthCenterErrorCode, string>> = { INVALID_CREDENTIALS: 'Wrong password', NETWORK_ERROR: 'You are offline' };
 */
type AuthCenterErrorCode = ErrorCode | 'NETWORK_ERROR' | 'ABORTED' | 'ACCESS_DENIED';
interface ErrorFacts extends Partial<Omit<ErrorBody, 'code'>> {
  readonly code: AuthCenterErrorCode;
  readonly cause?: unknown;
  readonly shape?: AuthCenterError['shape'];
  readonly meta?: Record<string, unknown> | undefined;
}
/**
 * Every rejection of `api` and `auth`.
 *
 * @example
 * import { AuthCenterError, createAuthCenter } from '@authcenter/client';
 *
 * const { auth } = createAuthCenter({ url: 'https://auth.example.com' });
 * try {
 *   await auth.login({ email: 'li.lei@example.com', password: 'correct horse battery staple' });
 * } catch (error) {
 *   if (!(error instanceof AuthCenterError)) throw error;
 *   if (error.code === 'ACCOUNT_LOCKED') console.log(`Locked, try again in ${error.retryAfter} s`);
 *   else console.log(error.message, error.requestId);
 * }
 */
declare class AuthCenterError extends TRPCClientError<AppRouter> {
  /** Stable name of what went wrong. */
  readonly code: AuthCenterErrorCode;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The request's id in the server's logs. */
  readonly requestId: string | undefined;
  /** Whole seconds after which a retry may succeed. */
  readonly retryAfter: number | undefined;
  /** The fields that do not fit (`VALIDATION_FAILED`); empty otherwise. */
  readonly issues: readonly FieldError[];
  /** The permission that is missing (`PERMISSION_DENIED`). */
  readonly permission: string | undefined;
  /** @param facts - what is known of the failure; `retry_after` in seconds */
  constructor(facts: ErrorFacts);
}
//#endregion
//#region src/storage.d.ts
/**
 * A place of one's own for the session: any key-value store, synchronous or not. It holds the refresh token: guard it as a password.
 * Tabs and processes that share one are signed in together.
 *
 * @example
 * import { createAuthCenter, type SessionStorage } from '@authcenter/client';
 *
 * const files = new Map<string, string>();
 * const storage: SessionStorage = {
 *   get: async (key) => files.get(key) ?? null,
 *   set: async (key, value) => void files.set(key, value),
 *   remove: async (key) => void files.delete(key),
 * };
 * createAuthCenter({ url: 'https://auth.example.com', storage });
 */
interface SessionStorage {
  /** @param key - constant per server · @returns what `set` was given; null or undefined when there is nothing */
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  /** @param value - JSON, about 2 KB */
  set(key: string, value: string): unknown;
  remove(key: string): unknown;
}
//#endregion
//#region src/step-up.d.ts
/**
 * What `auth.stepUp` takes: the password, a code, or a passkey's answer.
 *
 * @example
 * import type { StepUpProof } from '@authcenter/client';
 *
 * const proof: StepUpProof = { password: 'correct horse battery staple' };
 */
type StepUpProof = RouterInputs['auth']['stepUp'];
/**
 * Asks the person to prove again who they are, because a call demands it. A call that it makes itself must demand no proof: it would
 * wait for itself.
 *
 * @param refused - why the proof before was not taken; null at first
 * @returns the proof; null, or a rejection: the call fails with `STEP_UP_REQUIRED`
 * @example
 * import { createAuthCenter, type OnStepUp } from '@authcenter/client';
 *
 * const onStepUp: OnStepUp = async (refused) => {
 *   const password = prompt(refused ? 'That was wrong. Your password again:' : 'Your password:');
 *   return password === null ? null : { password };
 * };
 * declare const prompt: (text: string) => string | null;
 * createAuthCenter({ url: 'https://auth.example.com', onStepUp });
 */
type OnStepUp = (refused: AuthCenterError | null) => Promise<StepUpProof | null>;
//#endregion
//#region src/auth.d.ts
/**
 * The session of one client: `createAuthCenter(…).auth`.
 *
 * @example
 * import type { Auth } from '@authcenter/client';
 *
 * export const nameOf = (auth: Auth) => auth.user?.username ?? 'nobody';
 */
interface Auth {
  /**
   * Who is signed in, as of the last sign-in or refresh; null: nobody, or not known yet (see `ready`).
   *
   * @example
   * console.log(auth.user?.roles);
   */
  readonly user: SessionUser | null;
  /**
   * Whether somebody is signed in; `loading`: not known yet (see `ready`).
   *
   * @example
   * console.log(auth.status);
   */
  readonly status: 'loading' | 'signed-in' | 'signed-out';
  /**
   * Resolves once it is known who is signed in: the storage has been read or, with the cookie, the server asked.
   *
   * @returns the user, null when nobody is signed in
   * @throws AuthCenterError `NETWORK_ERROR` and the server's 429 and 5xx, when the server had to be asked and could not be; the next
   *   call asks again
   * @example
   * const user = await auth.ready();
   * if (!user) console.log('Sign in first');
   */
  ready(): Promise<SessionUser | null>;
  /**
   * Signs in: by a password (`email`, `username` or `phone`), by a code (`phone` or `email`, asked for by `api.auth.otp.send`), by the
   * token of a mailed link, by a passkey's answer (see `@authcenter/client/passkeys`). A phone number that nobody has becomes an account.
   * While the server is too busy to check passwords it is asked again for `retryFor`.
   *
   * @param input - one of these ways, optionally `device: { device_type, device_name }`
   * @param options - `signal` gives up
   * @returns `ok` with the user; `mfa_required`: go on with `verifyMfa`; `mfa_setup_required`: enroll a factor with the `setup_token`
   *   (`activateMfa`, `addPasskey`); `password_change_required`: `api.auth.password.reset` with the `change_token`, then sign in
   * @throws AuthCenterError `INVALID_CREDENTIALS`, `INVALID_CODE`, `ACCOUNT_LOCKED` (with `retryAfter`), `ACCOUNT_DISABLED`,
   *   `EMAIL_NOT_VERIFIED`, `RATE_LIMITED`, `OVERLOADED`, `VALIDATION_FAILED`, `ORIGIN_REFUSED` (storage `cookie`), `NETWORK_ERROR`
   * @example
   * await api.auth.otp.send.mutate({ phone: '13800138000', purpose: 'login' });
   * const result = await auth.login({ phone: '13800138000', code: '123456' });
   * if (result.status === 'ok') console.log(result.user.permissions); // ['ai:USE', 'knowledge:READ', …]
   * else if (result.status === 'mfa_required') console.log('Your authenticator app, please', result.methods);
   */
  login(input: LoginInput, options?: {
    signal?: AbortSignal;
  }): Promise<LoginResult>;
  /**
   * Finishes a sign-in that answered `mfa_required`.
   *
   * @param input - its `mfa_token`, one of its `methods`, and the `code` or `assertion`
   * @param options - `signal` gives up
   * @returns as `login`
   * @throws AuthCenterError `INVALID_CODE` (also when it took too long: begin again), `ACCOUNT_LOCKED`, `RATE_LIMITED`, `NETWORK_ERROR`
   * @example
   * const begun = await auth.login({ email: 'li.lei@example.com', password: 'correct horse battery staple' });
   * if (begun.status === 'mfa_required')
   *   await auth.verifyMfa({ mfa_token: begun.mfa_token, method: 'totp', code: '123456' });
   */
  verifyMfa(input: VerifyMfaInput, options?: {
    signal?: AbortSignal;
  }): Promise<LoginResult>;
  /**
   * Proves an authenticator app by its first code, after `api.auth.mfa.enroll`.
   *
   * @param input - `code`, and the `setup_token` of a sign-in that waits for a factor
   * @param options - `signal` gives up
   * @returns the backup codes, to be shown this once; with a `setup_token` the sign-in goes on: `ok` or `password_change_required`
   * @throws AuthCenterError `INVALID_CODE`, `STEP_UP_REQUIRED`, `EMAIL_NOT_VERIFIED`, `ACCOUNT_LOCKED`, `NETWORK_ERROR`
   * @example
   * const { otpauth_url } = await api.auth.mfa.enroll.mutate();
   * console.log('Show this as a QR code:', otpauth_url);
   * const { backup_codes } = await auth.activateMfa({ code: '123456' });
   * console.log('Keep these:', backup_codes);
   */
  activateMfa(input: RouterInputs['auth']['mfa']['activate'], options?: {
    signal?: AbortSignal;
  }): Promise<FactorResult>;
  /**
   * Makes a passkey known that the browser has made; `registerPasskey` of `@authcenter/client/passkeys` does all of it.
   *
   * @param input - the `attestation`, a `label`, and the `setup_token` of a sign-in that waits for a factor
   * @param options - `signal` gives up
   * @returns as `activateMfa`
   * @throws AuthCenterError `INVALID_CODE`, `ALREADY_EXISTS`, `STEP_UP_REQUIRED`, `EMAIL_NOT_VERIFIED`, `NETWORK_ERROR`
   * @example
   * import { createAuthCenter } from '@authcenter/client';
   * import { registerPasskey } from '@authcenter/client/passkeys';
   *
   * const center = createAuthCenter({ url: 'https://auth.example.com' });
   * await registerPasskey(center, { label: 'My laptop' });
   */
  addPasskey(input: RouterInputs['auth']['passkeys']['register'], options?: {
    signal?: AbortSignal;
  }): Promise<FactorResult>;
  /**
   * Takes the session that a phone has confirmed; `signInByQr` of `@authcenter/client/qr` does all of it.
   *
   * @param input - `qr_id` and `qr_secret` of `api.auth.qr.create`, optionally `device`
   * @param options - `signal` gives up
   * @returns as `login`
   * @throws AuthCenterError `INVALID_CODE` (not confirmed, claimed before, too late), `ACCOUNT_LOCKED`, `NETWORK_ERROR`
   * @example
   * const { qr_id, qr_secret, qr_url, number } = await api.auth.qr.create.mutate();
   * console.log('Show this as a QR code, and the number beside it:', qr_url, number);
   * const result = await auth.claimQr({ qr_id, qr_secret });
   * console.log(result.status);
   */
  claimQr(input: Opening<RouterInputs['auth']['qr']['claim']>, options?: {
    signal?: AbortSignal;
  }): Promise<LoginResult>;
  /**
   * Proves again who the person is, for calls that demand a fresh proof; with `onStepUp` it is asked for when a call does.
   *
   * @param proof - the password, a code of the authenticator app, a backup code, a sent code with its `challenge_id`, or an assertion
   * @throws AuthCenterError `INVALID_CREDENTIALS`, `INVALID_CODE`, `ACCOUNT_LOCKED`, `RATE_LIMITED`, `NETWORK_ERROR`
   * @example
   * await auth.stepUp({ password: 'correct horse battery staple' });
   * await api.auth.contact.remove.mutate({ contact: 'phone' });
   */
  stepUp(proof: StepUpProof): Promise<void>;
  /**
   * Leaves this page for a sign-in provider; it comes back to `redirectUri`, where `handleRedirectCallback` finishes. Browsers only.
   *
   * @param options - `provider`, `clientId`, `redirectUri`
   * @throws AuthCenterError never; TypeError outside of web pages, and on pages that are not from https or localhost
   * @example
   * await auth.signInWithRedirect({
   *   provider: 'wechat',
   *   clientId: '6650f0a1b2c3d4e5f6a7b8c9',
   *   redirectUri: 'https://app.example.com/callback',
   * });
   */
  signInWithRedirect(options: RedirectOptions): Promise<void>;
  /**
   * Finishes a sign-in by redirect, on the page that `redirectUri` names; takes code and state out of the address.
   *
   * @returns as `login`; null when nobody comes back to this tab
   * @throws AuthCenterError `ACCESS_DENIED` when the person said no or is no member there; `INVALID_GRANT` when it has to be begun again:
   *   it was not begun in this tab, took too long, or the provider refused; `DEPENDENCY_UNAVAILABLE`, `ACCOUNT_DISABLED`,
   *   `ACCOUNT_LOCKED`, `NETWORK_ERROR`; TypeError outside of web pages
   * @example
   * const result = await auth.handleRedirectCallback();
   * if (result?.status === 'ok') console.log(`Welcome, ${result.user.username}`);
   */
  handleRedirectCallback(): Promise<LoginResult | null>;
  /**
   * Leaves this page to link a sign-in provider to the account that is signed in; it comes back to `redirectUri` with `linked` or
   * `error` in the query. Browsers only, for pages of the server's own site.
   *
   * @param options - `provider`, `clientId`, `redirectUri`
   * @throws AuthCenterError `STEP_UP_REQUIRED`, `ALREADY_EXISTS`, `NOT_FOUND`, `INVALID_REDIRECT_URI`, `NETWORK_ERROR`
   * @example
   * await auth.linkWithRedirect({
   *   provider: 'github',
   *   clientId: '6650f0a1b2c3d4e5f6a7b8c9',
   *   redirectUri: 'https://app.example.com/settings',
   * });
   */
  linkWithRedirect(options: RedirectOptions): Promise<void>;
  /**
   * Makes an account; where the server does not ask for a verified address first, it is signed in at once.
   *
   * @param input - `{ username, email, password, name? }`: username 3–32 of `a-z 0-9 _ . -`, password 8–128 characters; or
   *   `{ phone, code, name? }` with a code sent for the purpose `register`
   * @param options - `signal` gives up
   * @returns `{ status: 'ok', user }`; `{ status: 'verification_required' }`: a mail with a link has gone out; or
   *   `mfa_setup_required`, where the role of whoever registers demands a second factor
   * @throws AuthCenterError `ALREADY_EXISTS`, `VALIDATION_FAILED` (with `issues`), `RATE_LIMITED`, `OVERLOADED`, `NETWORK_ERROR`
   * @example
   * const result = await auth.register({ username: 'li.lei', email: 'li.lei@example.com', password: 'correct horse battery staple' });
   * if (result.status === 'ok') console.log(result.user.id);
   */
  register(input: RegisterInput, options?: {
    signal?: AbortSignal;
  }): Promise<RegisterResult>;
  /**
   * Signs out: here and in the other tabs at once, then on the server. What a refresh under way brings is thrown away.
   *
   * @param options - `everywhere`: all sessions of this person are ended, on all devices; then a failure leaves everything as it was
   * @throws AuthCenterError `NETWORK_ERROR` and the server's 5xx when the server could not be told; this client is signed out even so
   * @example
   * await auth.logout();
   */
  logout(options?: {
    everywhere?: boolean;
  }): Promise<void>;
  /**
   * Whether the signed-in person may do something, without asking the server; `MANAGE` on a resource covers every action on it.
   * For what to show: the server decides again, and a grant that ended since the last refresh is noticed there first.
   *
   * @param permission - `resource:ACTION` in any case, or the name of a builtin permission; of permissions made at run time only the pair
   * @returns false when nobody is signed in
   * @example
   * if (auth.can('knowledge:CREATE')) console.log('show the button');
   * auth.can('TAG_MANAGE');
   * auth.can('invoice:APPROVE'); // made at run time
   */
  can(permission: PermissionName): boolean;
  /**
   * Tells whenever somebody signs in or out, here or in another tab, and when a refresh brought other roles, permissions or names.
   *
   * @param listener - given the user, null after a sign-out
   * @returns stops the telling
   * @example
   * const stop = auth.onChange((user) => console.log(user ? `Hello ${user.username}` : 'Bye'));
   * stop();
   */
  onChange(listener: (user: SessionUser | null) => void): () => void;
  /**
   * The access token for requests of one's own (`Authorization: Bearer …`), renewed first when it is about to expire. Ask each time.
   *
   * @param options - `refresh`: a new one in any case, for when a service refused this one
   * @returns null when nobody is signed in
   * @throws AuthCenterError when an expired one could not be renewed: `NETWORK_ERROR`, or the server's 429 and 5xx
   * @example
   * const token = await auth.getAccessToken();
   * await fetch('https://api.example.com/orders', { headers: { authorization: `Bearer ${token}` } });
   */
  getAccessToken(options?: {
    refresh?: boolean;
  }): Promise<string | null>;
}
//#endregion
//#region src/create-auth-center.d.ts
/**
 * How a client is set up; only `url` is required.
 *
 * @example
 * import { type AuthCenterOptions, createAuthCenter } from '@authcenter/client';
 *
 * const options: AuthCenterOptions = { url: 'https://auth.example.com', storage: 'cookie', language: 'zh-CN', retryFor: 10_000 };
 * createAuthCenter(options);
 */
interface AuthCenterOptions {
  /** Where the server is: `https://auth.example.com`. */
  readonly url: string;
  /**
   * Where the session is kept. `memory` (default): nowhere, it ends with the page or process. `cookie`: browsers only; the refresh token
   * lives in an HttpOnly cookie, no script sees it, a reload and the other tabs stay signed in; the page must be of the server's own
   * site and its origin allowed there. Or a place of your own.
   */
  readonly storage?: 'memory' | 'cookie' | SessionStorage;
  /** The language of error texts, as `Accept-Language`: `zh-CN`, `en`. Absent: what the platform sends. */
  readonly language?: string;
  /** How long calls that were refused for now (429, 503) are tried again, in milliseconds from the call on; default 30,000, 0: never. */
  readonly retryFor?: number;
  /** Sends the requests; absent: the platform's own `fetch`. */
  readonly fetch?: Fetch;
  /** Asked when a call demands a fresh proof (`STEP_UP_REQUIRED`); the call is then made again. Absent: such calls fail. */
  readonly onStepUp?: OnStepUp;
}
/**
 * A client of one AuthCenter.
 *
 * @example
 * import { type AuthCenter, createAuthCenter } from '@authcenter/client';
 *
 * export const center: AuthCenter = createAuthCenter({ url: 'https://auth.example.com' });
 */
interface AuthCenter {
  /** Where the server is, without a slash at the end. */
  readonly url: string;
  /** Every procedure of the server, typed. Calls made at once travel in one request. */
  readonly api: Api;
  /** The session: signing in and out, who it is, what they may do. */
  readonly auth: Auth;
  /** Stops listening to other tabs; the session stays as it is. Only needed where clients come and go. */
  close(): void;
}
/**
 * Makes a client of an AuthCenter: `api` calls its procedures, `auth` is the session. Tokens are renewed unseen: ahead of expiry, and when
 * the server says that one is out of date; calls wait for it and are sent again. A lost network never signs out, only a refusal does.
 *
 * @param options - `url` of the server; `storage`: `memory`, `cookie` or your own; `retryFor` in milliseconds
 * @returns `{ api, auth, url, close }`
 * @throws TypeError when `url` is not an http(s) URL
 * @example
 * import { createAuthCenter } from '@authcenter/client';
 *
 * const { api, auth } = createAuthCenter({ url: 'https://auth.example.com' });
 * await auth.login({ email: 'li.lei@example.com', password: 'correct horse battery staple' });
 * const { allowed } = await api.rbac.check.query({ permission: 'knowledge:CREATE' });
 * const sessions = await api.auth.sessions.list.query({ limit: 10 });
 * console.log(allowed, sessions.items[0]?.created_at.getFullYear());
 */
declare function createAuthCenter(options: AuthCenterOptions): AuthCenter;
//#endregion
//#region src/idempotent.d.ts
/**
 * Makes a creating call safe to repeat: sent again under the same key it answers what it answered first, and is done once.
 * The SDK then repeats it by itself where it repeats queries. For procedures that take `Idempotency-Key`.
 *
 * @param key - 1 to 255 printable characters; the same for every repetition of one act, kept by the server for 24 h
 * @returns the options of the call
 * @example
 * import { createAuthCenter, idempotent } from '@authcenter/client';
 *
 * const { api } = createAuthCenter({ url: 'https://auth.example.com' });
 * await api.users.assignRole.mutate({ id: '6650f0a1b2c3d4e5f6a7b8c9', role_id: '6650f0a1b2c3d4e5f6a7b8d0' }, idempotent('order-42'));
 */
declare const idempotent: (key: string) => {
  context: {
    idempotencyKey: string;
  };
};
//#endregion
export { type Api, type AppRouter, type Auth, type AuthCenter, AuthCenterError, type AuthCenterErrorCode, type AuthCenterOptions, type FactorResult, type Fetch, type LoginInput, type LoginResult, type OnStepUp, type PermissionName, type RedirectOptions, type RegisterInput, type RegisterResult, type RouterInputs, type RouterOutputs, type SessionStorage, type SessionUser, type StepUpProof, type VerifyMfaInput, createAuthCenter, idempotent };