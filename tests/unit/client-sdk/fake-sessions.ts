// The fake server's sessions: in memory, open to the test, with tokens that anybody can read.
import { type Context, decode, encode, refuse } from './fake-trpc.ts';

export type Transport = 'body' | 'cookie';

export interface FakeSession {
  readonly sid: string;
  readonly username: string;
  readonly transport: Transport;
  /** Access tokens count up; those below `validFrom` are answered with `reason`. */
  issued: number;
  validFrom: number;
  reason: 'TOKEN_EXPIRED' | 'TOKEN_STALE';
  /** The refresh token that counts; the one before it is answered with the same successor. */
  refresh: number;
  revoked: boolean;
  permissions: string[];
  /** How often its holder has proven themselves; calls that demand it take tokens from `provenFrom` on. */
  proofs: number;
  provenFrom: number;
}

export type FakeSessions = ReturnType<typeof createFakeSessions>;

/** @param expiresIn - in seconds, asked for each access token */
export function createFakeSessions(expiresIn: () => number) {
  const sessions = new Map<string, FakeSession>();

  const describe = ({ sid, username, permissions }: FakeSession) => ({
    id: sid,
    username,
    email: null,
    phone: null,
    roles: ['User'],
    permissions,
    profile: { name: null, avatar: null, department: null, position: null },
  });

  const issueAccess = (session: FakeSession) => {
    session.issued++;
    const { sid, issued: n, proofs } = session;
    return {
      status: 'ok' as const,
      access_token: encode({ sid, n, proofs }),
      token_type: 'Bearer' as const,
      expires_in: expiresIn(),
    };
  };

  const issue = (ctx: Context, session: FakeSession) => {
    const { sid, refresh: n, transport } = session;
    const refreshToken = encode({ sid, n });
    if (transport === 'cookie') ctx.setCookie(refreshToken);
    return {
      ...issueAccess(session),
      ...(transport === 'body' ? { refresh_token: refreshToken } : {}),
      user: describe(session),
    };
  };

  const readToken = ({ req }: Context): ReturnType<typeof decode> =>
    decode(req.headers.authorization?.slice('Bearer '.length) ?? refuse({ code: 'UNAUTHENTICATED' }));

  return {
    all: sessions,
    describe,
    issueAccess,
    issue,
    open(ctx: Context, username: string, transport: Transport) {
      const sid = `s${sessions.size + 1}`;
      const session: FakeSession = {
        sid,
        username,
        transport,
        issued: 0,
        validFrom: 0,
        reason: 'TOKEN_EXPIRED',
        refresh: 0,
        revoked: false,
        permissions: ['knowledge:READ'],
        proofs: 0,
        provenFrom: 0,
      };
      sessions.set(sid, session);
      return issue(ctx, session);
    },
    readBearer(ctx: Context): FakeSession {
      const { sid, n } = readToken(ctx);
      const session = sessions.get(sid) ?? refuse({ code: 'TOKEN_INVALID' });
      if (session.revoked) refuse({ code: 'SESSION_REVOKED' });
      return n < session.validFrom ? refuse({ code: session.reason }) : session;
    },
    /** Whether the bearer's token tells of a proof that is fresh enough. */
    isProven(ctx: Context): boolean {
      const { sid, proofs = 0 } = readToken(ctx);
      return proofs >= (sessions.get(sid)?.provenFrom ?? 0);
    },
  };
}
