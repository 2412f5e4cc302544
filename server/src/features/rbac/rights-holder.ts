// From grants as stored to what the evaluator weighs.
import type { RightsHolder, UserStatus } from '@authcenter/shared';

interface StoredGrants {
  readonly status: UserStatus;
  readonly roles: readonly { readonly role_id: { toHexString(): string }; readonly expires_at: Date | null }[];
}

/** Grants by role id, to be evaluated against `roles.byId`. */
export const toRightsHolder = ({ status, roles }: StoredGrants): RightsHolder => ({
  status,
  grants: roles.map(({ role_id, expires_at }) => ({ role: role_id.toHexString(), expires_at })),
});
