// What an application must not be able to write to check forms: each line is refused by the compiler, or this file does not compile.
// @ts-expect-error a schema that there is not
import { CreateApiKeyInput, DestroyUserInput, LoginInput, RegisterInput, type User } from '@authcenter/client/schemas';

// @ts-expect-error a schema is no function
LoginInput({ username: 'li.lei', password: 'secret' });

const key = CreateApiKeyInput.parse({ name: 'nightly', scopes: ['knowledge:READ'] });
// @ts-expect-error a field that it does not have
key.permissions;
// @ts-expect-error a list is no text
key.scopes.trim();
// @ts-expect-error may be absent
key.expires_at.getTime();

const checked = RegisterInput.safeParse({});
// @ts-expect-error nobody knows yet whether it fits
export const data: object = checked.data;
if (checked.success) {
  // @ts-expect-error who registers by a phone number chooses no user name
  checked.data.username;
}

export const nameOf = (user: User): string => {
  // @ts-expect-error secrets are in no answer
  user.password;
  // @ts-expect-error may be null
  return user.profile.name;
};
export { DestroyUserInput };
