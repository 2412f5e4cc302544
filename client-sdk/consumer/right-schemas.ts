// What an application may write to check forms: compiled and run against the packed package.
import type { RouterInputs } from '@authcenter/client';
import { CreateApiKeyInput, LoginInput, RegisterInput, type User } from '@authcenter/client/schemas';
import type { z } from 'zod';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isExactly = <A, B>(_proof: Equal<A, B>): void => {};

// What a form holds is what the procedure takes.
isExactly<z.input<typeof RegisterInput>, RouterInputs['auth']['register']>(true);
isExactly<z.input<typeof LoginInput>, RouterInputs['auth']['login']>(true);

const key = CreateApiKeyInput.parse({ name: ' nightly ', scopes: ['knowledge:READ'] });
isExactly<typeof key.scopes, string[]>(true);
isExactly<typeof key.expires_at, Date | null | undefined>(true);

const person = { username: 'Li.Lei', email: 'li.lei@example.com', password: 'correct horse battery staple' };
const checked = RegisterInput.safeParse(person);
const refused = LoginInput.safeParse({ email: 'li.lei', password: 'secret' });
export const nameOf = (user: User): string => user.profile.name ?? user.username;
export const results = [
  key.name,
  checked.success && 'username' in checked.data && checked.data.username,
  refused.success,
  RegisterInput.safeParse({ ...person, role: 'Admin' }).success,
];
