// users.metadata: what an application keeps with a user, each its own part.
import type { SetMetadataInput, UserMetadata } from '@authcenter/shared';
import type { ClientCaller, Ctx } from '../../context.ts';
import { fail } from '../../errors.ts';
import { recordAct } from '../../platform/audit.ts';
import type { UserDocument } from './document.ts';

export async function getMetadata(ctx: Ctx<'users', ClientCaller>, { id }: { id: string }): Promise<UserMetadata> {
  const user = (await ctx.users.findById(id)) ?? fail('NOT_FOUND');
  return { metadata: readMetadata(user)[ctx.caller.id] ?? {} };
}

/** @throws AppError NOT_FOUND */
export async function setMetadata(
  ctx: Ctx<'users' | 'clock' | 'transact' | 'audit' | 'log', ClientCaller>,
  { id, metadata }: SetMetadataInput,
): Promise<UserMetadata> {
  // Ids of clients are made here: as a path they are safe. Of the keys in it nothing is known.
  const path = `metadata.${ctx.caller.id}`;
  const size = Object.keys(metadata).length;
  await ctx.transact(async (tx) => {
    const change = size === 0 ? { $unset: { [path]: '' as const } } : { $set: { [path]: JSON.stringify(metadata) } };
    if (!(await ctx.users.update(id, {}, change, tx))) fail('NOT_FOUND');
    await recordAct(ctx, tx, {
      act: 'users.metadata_set',
      target: { kind: 'user', id },
      details: { fields: size },
    });
  });
  return { metadata };
}

/** By the id of the application. */
export const readMetadata = ({ metadata = {} }: UserDocument): Record<string, Record<string, unknown>> =>
  Object.fromEntries(Object.entries(metadata).map(([client, text]) => [client, JSON.parse(text)]));
