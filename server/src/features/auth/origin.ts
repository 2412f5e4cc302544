// What a cookie authenticates must come from a page of ours: Origin by list, Sec-Fetch-Site same-origin or same-site.
import type { Caller, Ctx } from '../../context.ts';
import { fail } from '../../errors.ts';

/** @throws AppError ORIGIN_REFUSED */
export function requireOwnOrigin(ctx: Ctx<'config' | 'publicUrl', Caller | null>): void {
  const { origin, fetchSite } = ctx.request;
  const own =
    origin !== null && (origin === new URL(ctx.publicUrl()).origin || ctx.config.server.cors_origins.includes(origin));
  const near = fetchSite === null || fetchSite === 'same-origin' || fetchSite === 'same-site';
  if (!own) fail('ORIGIN_REFUSED', { detail: 'The page is none of those that server.cors_origins lists' });
  if (!near)
    fail('ORIGIN_REFUSED', {
      detail:
        'The page lies on another site than this server, so that no cookie comes along: give both a host of one site',
    });
}
