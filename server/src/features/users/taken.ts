// What is told of a name, an address or a number that is somebody's already.
import type { Ctx } from '../../context.ts';
import type { Tx } from '../../database/transaction.ts';
import { fail } from '../../errors.ts';
import type { LoginName } from './repository.ts';

const NAMES: Readonly<Record<string, string>> = {
  username: 'user name',
  email: 'e-mail address',
  phone: 'phone number',
};

export const failTaken = (fields: readonly string[]): never =>
  fail('ALREADY_EXISTS', {
    detail: fields.map((field) => `The ${NAMES[field] ?? field} is taken`).join('; '),
    errors: fields.map((path) => ({ path, message: 'is taken' })),
  });

/** Looked for one by one: an insert names only one of several collisions. @throws AppError ALREADY_EXISTS */
export async function refuseTaken(
  { users }: Pick<Ctx<'users'>, 'users'>,
  tx: Tx | undefined,
  names: Readonly<Record<string, string>>,
): Promise<void> {
  const taken: string[] = [];
  // One by one: a transaction's session takes no parallel acts.
  for (const [field, value] of Object.entries(names))
    if (await users.findByLogin({ [field]: value } as LoginName, tx)) taken.push(field);
  if (taken.length > 0) failTaken(taken);
}
