// An account that somebody made for themselves is on record as theirs.

import type { Call } from '../call.ts';
import { recordAct } from '../record/acts.ts';
import type { World } from '../world.ts';
import type { UserRecord } from './users.ts';

/** @param method - by what, where it was no password: `sms`, `oauth:wechat` */
export function recordRegistration(world: World, call: Call, { id, username }: UserRecord, method?: string): void {
  recordAct(world, call, {
    act: 'auth.register',
    target: { kind: 'user', id },
    actor: { kind: 'user', id, sid: null },
    details: { username, ...(method === undefined ? {} : { method }) },
  });
}
