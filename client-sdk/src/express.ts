// Entry `@authcenter/client/express`: middlewares for Express, and for whatever else calls (req, res, next).
import { type NodeHeaders, readNodeHeaders } from './guard/headers.ts';
import { type AuthOptions, createMiddlewares, type Middlewares } from './guard/middlewares.ts';
import type { RequestAuth } from './guard/request-auth.ts';

export type { AuthOptions } from './guard/middlewares.ts';
export type { RequestAuth } from './guard/request-auth.ts';

declare global {
  // biome-ignore lint/style/noNamespace: Express has its requests extended by this name.
  namespace Express {
    interface Request {
      /** Who makes the request; there behind `requireAuth`, `requireRole` and `requirePermission`. */
      auth?: RequestAuth;
    }
  }
}

interface Request {
  readonly headers: NodeHeaders;
  auth?: RequestAuth;
}

interface Response {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/**
 * A middleware for `app.use` or a route.
 *
 * @example
 * import type { AuthMiddleware } from '@authcenter/client/express';
 *
 * export const guards: AuthMiddleware[] = [];
 */
export type AuthMiddleware = (req: Request, res: Response, next: (error?: unknown) => void) => void;

/**
 * The middlewares of `createAuth`.
 *
 * @example
 * import type { ExpressAuth } from '@authcenter/client/express';
 *
 * export const editors = (auth: ExpressAuth) => auth.requireRole('Editor', 'Admin');
 */
export type ExpressAuth = Middlewares<AuthMiddleware>;

/**
 * Middlewares that let in who may, and tell of them in `req.auth`.
 *
 * @param options - `url` of the server, `clientId` and `clientSecret` of this service; or a `verifier`
 * @returns the middlewares
 * @throws TypeError for options that do not fit
 * @example
 * import { createAuth } from '@authcenter/client/express';
 * import express from 'express';
 *
 * const auth = createAuth({ url: 'https://auth.example.com', clientId: 'id', clientSecret: 'secret' });
 * const app = express();
 * app.get('/documents', auth.requirePermission('knowledge', 'READ'), (req, res) => {
 *   res.send(`for ${req.auth?.username}`);
 * });
 */
export const createAuth = (options: AuthOptions): ExpressAuth =>
  createMiddlewares<AuthMiddleware, AuthMiddleware>(options, {
    required: (guard, demand) => (req, res, next) => {
      guard.check(readNodeHeaders(req.headers), demand).then(({ auth, refusal }) => {
        if (!refusal) {
          req.auth = auth;
          return next();
        }
        res.statusCode = refusal.status;
        for (const [name, value] of Object.entries(refusal.headers)) res.setHeader(name, value);
        res.end(JSON.stringify(refusal.problem));
      }, next);
    },
    optional: (guard) => (req, _res, next) => {
      guard.look(readNodeHeaders(req.headers)).then((auth) => {
        if (auth) req.auth = auth;
        next();
      }, next);
    },
  });
