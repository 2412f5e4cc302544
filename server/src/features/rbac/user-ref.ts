// A user as other people's lists show them.
interface Person {
  readonly _id: { toHexString(): string };
  readonly username: string;
  readonly profile: { readonly name: string | null };
}

export const toUserRef = ({ _id, username, profile }: Person) => ({
  user_id: _id.toHexString(),
  username,
  name: profile.name,
});
