// auth.token: the token endpoint of OAuth 2.0. Codes are counted as sign-ins are; services come as often as they like.
import { TokenInput, TokenResult } from '@authcenter/shared';
import { endpoint } from '../../../procedure.ts';
import { exchangeToken } from './service.ts';

export const tokenProcedure = endpoint({
  access: 'public',
  rest: 'POST /auth/token',
  summary:
    'Exchange a grant for tokens: a code, a client’s own credentials, another token (RFC 6749, RFC 8693); JSON or a form',
  errors: [
    'INVALID_CLIENT',
    'INVALID_GRANT',
    'INVALID_SCOPE',
    'UNAUTHORIZED_CLIENT',
    'UNSUPPORTED_GRANT_TYPE',
    'ACCOUNT_LOCKED',
    'ACCOUNT_DISABLED',
    'INVALID_CREDENTIALS',
    'ORIGIN_REFUSED',
  ],
  limit: 'verify',
  form: true,
})
  .input(TokenInput)
  .output(TokenResult)
  .mutation(({ ctx, input }) => exchangeToken(ctx, input));
