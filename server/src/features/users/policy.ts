// Sentences about a caller and the users they would change; no effects.
import { highestLevel, type RightsHolder } from '@authcenter/shared';
import type { RoleTable } from '../../platform/live/role-table.ts';
import type { UserDocument } from './document.ts';

/** Nobody edits a user whose highest level is above their own. Levels count whatever the user's status: an inactive administrator stays one. */
export const mayEdit = (editor: RightsHolder, user: RightsHolder, roles: RoleTable, now: Date): boolean =>
  highestLevel({ ...user, status: 'active' }, roles.byId, now) <= highestLevel(editor, roles.byId, now);

/** Was given the account and has never been in it: an invitation is still good. */
export const isExpected = ({ status, password_hash, login_history, deletion_due_at }: UserDocument): boolean =>
  status === 'active' &&
  password_hash === undefined &&
  // Never.
  login_history.last_login_at.getTime() === 0 &&
  deletion_due_at === undefined;
