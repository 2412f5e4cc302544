// rbac.roles.features: switches that applications read from a role; they give nothing here.
import type { RoleFeatures, SetFeaturesInput } from '@authcenter/shared';
import type { Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';
import { recordAct } from '../../../platform/audit.ts';
import { beginRoleChange, type ChangeCtx } from '../change.ts';
import type { RoleDocument } from '../repository.ts';

export async function getFeatures(ctx: Ctx<'roles'>, { id }: { id: string }): Promise<RoleFeatures> {
  return toFeatures((await ctx.roles.findRole(id)) ?? fail('NOT_FOUND'));
}

/** @throws AppError NOT_FOUND; VERSION_CONFLICT; PERMISSION_DENIED for a role above the caller's own level */
export async function setFeatures(ctx: ChangeCtx, { id, version, features }: SetFeaturesInput): Promise<RoleFeatures> {
  const after = await ctx.transact(async (tx) => {
    const { role, now } = await beginRoleChange(ctx, tx, id);
    if (role.version !== version) fail('VERSION_CONFLICT');
    const updated = (await ctx.roles.updateRole(id, { features, updated_at: now }, tx)) ?? fail('NOT_FOUND');
    await recordAct(ctx, tx, {
      act: 'rbac.role_features_set',
      target: { kind: 'role', id },
      details: { name: role.name, from: role.features ?? {}, to: features },
    });
    return updated;
  });
  return toFeatures(after);
}

const toFeatures = ({ features = {}, version }: RoleDocument): RoleFeatures => ({ features, version });
