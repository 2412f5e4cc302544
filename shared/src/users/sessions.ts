// Contract of a user's sessions as an administrator sees and ends them.
import { z } from 'zod';
import { Id } from '../ids.ts';
import { PageInput } from '../pagination.ts';

export const ListUserSessionsInput = PageInput.extend({ id: Id });
export type ListUserSessionsInput = z.output<typeof ListUserSessionsInput>;

export const UserSessionInput = z.strictObject({ id: Id, session_id: Id });
export type UserSessionInput = z.output<typeof UserSessionInput>;
