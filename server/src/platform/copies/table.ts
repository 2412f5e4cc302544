// Every name that is copied, and how. To add one: a file beside this one with its `Copy`, a line in this table, `queueCopy` in the
// transaction of each act that changes the source, its name among the checks of features/system/consistency, and an index that leads to the
// documents that differ. Whoever writes a copy by another way (a new grant, a new document) reads the source in the same transaction,
// under a guard that the change of the source takes too: else it could write an old name behind the copier's back.
import type { Copy } from './copy.ts';
import { roleName } from './role-name.ts';

export const COPIES = { role_name: roleName } satisfies Record<string, Copy>;
export type CopyName = keyof typeof COPIES;
