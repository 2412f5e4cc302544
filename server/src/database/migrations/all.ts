// All migrations, in order.
import type { Migration } from '../migrate.ts';
import { foundation } from './0001-foundation.ts';
import { signIn } from './0002-sign-in.ts';
import { applications } from './0003-applications.ts';
import { signingKeys } from './0004-signing-keys.ts';
import { administration } from './0005-administration.ts';

export const migrations: readonly Migration[] = [foundation, signIn, applications, signingKeys, administration];
