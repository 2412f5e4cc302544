// One line of an import: what it may say, and what is wrong with it.
import { Email, type FieldError, line, Phone, Username, UserStatusSchema } from '@authcenter/shared';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { normalizePhone } from '../../../platform/phone.ts';

/** The fields of a line, in the order in which a file has them. `password_hash` is read and never written. */
export const TRANSFER_FIELDS = [
  'username',
  'email',
  'phone',
  'name',
  'department',
  'position',
  'roles',
  'email_verified',
  'phone_verified',
  'status',
  'created_at',
] as const;
export const IMPORT_FIELDS = [...TRANSFER_FIELDS, 'password_hash'] as const;

/** bcrypt as other systems write it. Beyond that cost one sign-in would occupy a thread for seconds. */
const FOREIGN_HASH = /^\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}$/;

const ImportLine = z
  .strictObject({
    username: Username.optional(),
    email: Email.optional(),
    phone: Phone.optional(),
    name: line(100).optional(),
    department: line(100).optional(),
    position: line(100).optional(),
    roles: z.array(line(64)).min(1).max(20).optional(),
    password_hash: z.string().regex(FOREIGN_HASH, 'must be bcrypt ($2a$, $2b$ or $2y$) of cost 4 to 15').optional(),
    email_verified: z.boolean('must be true or false').default(true),
    phone_verified: z.boolean('must be true or false').default(true),
    status: UserStatusSchema.default('active'),
    created_at: z.iso
      .datetime({ offset: true, error: 'must be a time such as 2024-05-01T08:00:00Z' })
      .transform((text) => new Date(text))
      .optional(),
  })
  .refine(
    ({ username, email, phone, password_hash: hash }) =>
      email !== undefined || phone !== undefined || (username !== undefined && hash !== undefined),
    { error: 'nobody could sign in: give email, phone, or username and password_hash', path: ['email'] },
  );

/** A line that is good by itself, its number as the database keeps it. */
export type Draft = z.output<typeof ImportLine>;

export type LineVerdict = { readonly draft: Draft } | { readonly problems: readonly FieldError[] };

/** @param raw - what is absent or null is not said */
export function judgeLine(raw: Readonly<Record<string, unknown>>, region: string, now: Date): LineVerdict {
  const said = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null && value !== undefined));
  if ('password' in said)
    return { problems: [{ path: 'password', message: 'is not taken over in clear: give password_hash, or none' }] };
  const { success, data, error } = ImportLine.safeParse(said);
  if (!success)
    return {
      problems: error.issues.flatMap(({ code, path, message, ...issue }) =>
        code === 'unrecognized_keys' && 'keys' in issue
          ? issue.keys.map((key) => ({ path: key, message: 'is not a known field' }))
          : [{ path: path.join('.'), message }],
      ),
    };
  if (data.created_at && data.created_at > now)
    return { problems: [{ path: 'created_at', message: 'must not lie in the future' }] };
  return data.phone === undefined ? { draft: data } : withNumber(data, data.phone, region);
}

function withNumber(draft: Draft, typed: string, region: string): LineVerdict {
  try {
    return { draft: { ...draft, phone: normalizePhone(typed, region) } };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { problems: [{ path: 'phone', message: 'is not a phone number' }] };
  }
}
