// The check that every application asks for.
import { type CheckInput, type CheckManyInput, type Decision, evaluate } from '@authcenter/shared';
import type { Caller, Ctx } from '../../context.ts';
import { fail } from '../../errors.ts';
import { decideOn } from '../../rights.ts';
import { readAsked } from './asked.ts';
import { toRightsHolder } from './rights-holder.ts';

type CheckCtx = Ctx<'users' | 'live' | 'clock', Caller>;

/** Oneself: from the token and the role table, without a database read. Another: their grants are read from the primary. */
export async function checkPermission(ctx: CheckCtx, input: CheckInput): Promise<Decision> {
  const roles = ctx.live.roles();
  const asked = readAsked(roles, input);
  const userId = input.user_id ?? ctx.caller.id;
  if (ctx.caller.kind === 'client' && input.user_id === undefined) {
    fail('VALIDATION_FAILED', { errors: [{ path: 'user_id', message: 'is required when an application asks' }] });
  }
  if (ctx.caller.kind !== 'client' && userId === ctx.caller.id)
    return decideOn(ctx.caller, asked, roles, ctx.clock.now());
  const user = await ctx.users.findById(userId);
  return evaluate(user && toRightsHolder(user), roles.byId, ctx.clock.now(), asked);
}

/** Each user is read once, however many checks name them. */
export async function checkPermissions(ctx: CheckCtx, { checks }: CheckManyInput): Promise<{ results: Decision[] }> {
  const found = new Map<string, ReturnType<typeof ctx.users.findById>>();
  const findById = (id: string) => {
    const finding = found.get(id) ?? ctx.users.findById(id);
    found.set(id, finding);
    return finding;
  };
  const shared = { ...ctx, users: { ...ctx.users, findById } };
  return { results: await Promise.all(checks.map((check) => checkPermission(shared, check))) };
}
