// Why a user may do something or not: by which grants, what stands in the way, and what would help.
import {
  type CoveringGrant,
  type ExplainInput,
  type Explanation,
  explain,
  formatPair,
  highestLevel,
  MANAGE,
  MOST_NAMED,
  type Pair,
  type RightsHolder,
} from '@authcenter/shared';
import type { Ctx } from '../../context.ts';
import type { RoleEntry } from '../../platform/live/role-table.ts';
import { decideOn } from '../../rights.ts';
import type { UserDocument } from '../users/document.ts';
import { narrowedAs } from './acting.ts';
import { listCovering, readAsked } from './asked.ts';
import { mayGrant, mayReach } from './policy.ts';
import { toRightsHolder } from './rights-holder.ts';
import { toUserRef } from './user-ref.ts';

type ExplainCtx = Ctx<'users' | 'holders' | 'live' | 'clock'>;
type StoredGrant = UserDocument['roles'][number];
type HeldGrant = { readonly role: string; readonly expires_at: Date | null; readonly stored: StoredGrant };
type Covering = CoveringGrant<RoleEntry, HeldGrant>;

/** Of oneself anyone asks; other people who could help are named to whoever may read users. */
export async function explainPermission(ctx: ExplainCtx, input: ExplainInput): Promise<Explanation> {
  const roles = ctx.live.roles();
  const asked = readAsked(roles, input);
  const userId = input.user_id ?? ctx.caller.id;
  const user = await ctx.users.findById(userId);
  const holder = user && toHolder(user);
  // Of its owner a key learns what it may do itself, as by a check.
  const asAsked = holder && userId === ctx.caller.id ? narrowedAs(ctx.caller, holder) : holder;
  const found = explain(asAsked, roles.byId, ctx.clock.now(), asked);
  const counting = found.covering.filter(({ standing }) => standing === 'counts');
  const isMissing = asked !== null && holder !== null && counting.length === 0;
  return {
    allowed: found.allowed,
    reason: found.reason,
    asked,
    ...(asked && counting.length > 0 ? { chain: counting.map((one) => toLink(one, asked)) } : {}),
    blocked: [
      ...(user && user.status !== 'active' ? [{ what: 'user_status' as const, status: user.status }] : []),
      ...(found.isOutOfBounds ? [{ what: 'key_scopes' as const }] : []),
      // Where one counts, the others stand in nobody's way.
      ...(counting.length > 0 ? [] : found.covering.map(toObstacle)),
    ],
    ...(isMissing && mayReadUsers(ctx) ? { missing: await findHelp(ctx, holder, asked) } : {}),
  };
}

const toHolder = ({ status, roles }: UserDocument): RightsHolder<HeldGrant> => ({
  status,
  grants: roles.map((stored) => ({
    role: stored.role_id.toHexString(),
    expires_at: stored.expires_at,
    stored,
  })),
});

const mayReadUsers = ({ caller, live, clock }: ExplainCtx): boolean =>
  decideOn(caller, { resource: 'user', action: 'READ' }, live.roles(), clock.now()).allowed;

function toLink({ grant: { stored }, role }: Covering, asked: Pair): NonNullable<Explanation['chain']>[number] {
  const { id, name, display_name, level, status } = role;
  const byItself = role.permissions.find((one) => formatPair(one) === formatPair(asked));
  const permission =
    byItself ?? role.permissions.find((one) => one.resource === asked.resource && one.action === MANAGE);
  if (!permission) throw new Error(`the role ${name} covers ${formatPair(asked)} by none of its permissions`);
  return {
    grant: {
      role_id: id,
      role: name,
      granted_by: stored.granted_by?.toHexString() ?? null,
      granted_at: stored.granted_at,
      expires_at: stored.expires_at,
    },
    role: { id, name, display_name, level, status },
    permission,
    via_manage: !byItself,
  };
}

function toObstacle({ grant, role, standing }: Covering): Explanation['blocked'][number] {
  const named = { role_id: role.id, role: role.name };
  return standing === 'grant_expired' && grant.expires_at
    ? { what: 'grant_expired', ...named, expires_at: grant.expires_at }
    : { what: 'role_inactive', ...named };
}

/** Of so many who manage roles it is looked whether they could grant one that helps. */
const MOST_ASKED = 200;

async function findHelp(ctx: ExplainCtx, target: RightsHolder, asked: Pair): Promise<Explanation['missing']> {
  const table = ctx.live.roles();
  const now = ctx.clock.now();
  const helpful = [...new Set(listCovering(table, asked).map(([, role]) => role))]
    .sort((a, b) => a.level - b.level || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_NAMED);
  const managing = listCovering(table, { resource: 'role', action: MANAGE }).map(([id]) => id);
  const { items: managers } =
    helpful.length === 0 || managing.length === 0
      ? { items: [] }
      : await ctx.holders.list({ roleIds: managing, now, limit: MOST_ASKED, withTotal: false });
  // An inactive user's level counts as well.
  const level = highestLevel({ ...target, status: 'active' }, table.byId, now);
  const granters = managers.filter((manager) => {
    const granter = toRightsHolder(manager);
    return mayReach(granter, level, table, now) && helpful.some((role) => mayGrant(granter, role, table, now));
  });
  return {
    roles_that_would_give_it: helpful.map(({ id, name, level }) => ({ role_id: id, name, level })),
    who_could_grant: granters.slice(0, MOST_NAMED).map(toUserRef),
  };
}
