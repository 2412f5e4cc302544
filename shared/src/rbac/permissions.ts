// Contract of permissions: builtin ones, and those made at run time.
import { z } from 'zod';
import { Id, line, lineOrNothing } from '../ids.ts';
import { PageInput, page } from '../pagination.ts';

export const Permission = z
  .object({
    id: Id,
    name: z.string(),
    resource: z.string(),
    action: z.string(),
    description: z.string(),
    category: z.string(),
    is_builtin: z.boolean(),
    created_at: z.date(),
  })
  .meta({ id: 'Permission' });
export type Permission = z.output<typeof Permission>;

export const PermissionPage = page(Permission);

/** A word of ASCII without `:`, which parts a pair; names and actions are kept in upper case, since they compare without regard to it. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const NOT_A_WORD = 'must be 1 to 64 characters of A-Z 0-9 _ . -, a letter or digit first';

const fields = {
  name: z.string().trim().toUpperCase().regex(WORD, NOT_A_WORD).meta({ example: 'INVOICE_APPROVE' }),
  resource: z
    .string()
    .trim()
    .toLowerCase()
    .regex(WORD, NOT_A_WORD)
    .meta({ example: 'invoice', description: 'Kept in its normal form: lower case, aliases resolved' }),
  action: z
    .string()
    .trim()
    .toUpperCase()
    .regex(WORD, NOT_A_WORD)
    .meta({ example: 'APPROVE', description: 'MANAGE implies every action on the resource' }),
  description: lineOrNothing(500).meta({ example: '审批发票' }),
  category: line(64).meta({
    example: 'finance',
    description: 'knowledge_content, system_management, content_organization, interaction, or one of your own',
  }),
};

export const ListPermissionsInput = PageInput.extend({ category: fields.category.optional() }).prefault({});
export type ListPermissionsInput = z.output<typeof ListPermissionsInput>;

export const CreatePermissionInput = z.strictObject({
  name: fields.name,
  resource: fields.resource,
  action: fields.action,
  description: fields.description.default(''),
  category: fields.category.default('custom'),
});
export type CreatePermissionInput = z.output<typeof CreatePermissionInput>;

/** Not its pair: whoever holds the permission would hold another one. */
export const UpdatePermissionInput = z.strictObject({
  id: Id,
  name: fields.name.optional(),
  description: fields.description.optional(),
  category: fields.category.optional(),
});
export type UpdatePermissionInput = z.output<typeof UpdatePermissionInput>;

export const PermissionIdInput = z.strictObject({ id: Id });
