// Handing people on, one after the other, in the form in which an import takes them. No hash leaves.
import { isLive } from '@authcenter/shared';
import type { Deps } from '../../../deps.ts';
import type { UserDocument } from '../document.ts';
import type { TRANSFER_FIELDS } from './line.ts';

export type TransferLine = Readonly<
  Record<(typeof TRANSFER_FIELDS)[number], string | boolean | readonly string[] | null>
>;

export async function* exportUsers({ users, clock }: Pick<Deps, 'users' | 'clock'>): AsyncGenerator<TransferLine> {
  const now = clock.now();
  for await (const user of users.scan()) yield toLine(user, now);
}

const toLine = (user: UserDocument, now: Date): TransferLine => ({
  username: user.username,
  email: user.email ?? null,
  phone: user.phone ?? null,
  name: user.profile.name,
  department: user.profile.department,
  position: user.profile.position,
  roles: user.roles.filter((grant) => isLive(grant, now)).map(({ role_name: name }) => name),
  email_verified: user.email_verified,
  phone_verified: user.phone_verified,
  status: user.status,
  created_at: user.created_at.toISOString(),
});
