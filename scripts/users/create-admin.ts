// `authcenter admin create`: reads what is wanted, makes up what is not said, and tells what came of it.
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { AppError } from '../../server/src/errors.ts';
import { requireGoodPassword } from '../../server/src/features/auth/password/choose.ts';
import { type Made, makeAdministrator } from '../../server/src/features/system/make-administrator.ts';
import { newUsername } from '../../server/src/features/users/new-user.ts';
import { createPasswordHasher } from '../../server/src/platform/password-hasher.ts';
import { Email, Username } from '../../shared/src/ids.ts';
import { type CommandCall, UsageError } from '../commands/command.ts';
import { type Workplace, withPeople } from './open.ts';

export async function createAdmin(call: CommandCall): Promise<number> {
  const email = readValue(Email, 'email', call.values['email']);
  const username = readValue(Username, 'username', call.values['username'] ?? newUsername());
  const given = call.flags.has('password-stdin') ? (await text(process.stdin)).replace(/\r?\n$/, '') : undefined;
  return withPeople(call, async (place) => {
    const password = given ?? randomBytes(12).toString('base64url');
    if (given !== undefined) await judge(place, given, { username, email });
    const hashed = await hash(place, password);
    const made = await makeAdministrator(place, {
      email,
      username,
      password: { ...hashed, isGiven: given !== undefined },
    });
    if (!('username' in made)) {
      console.error(REFUSED[made.outcome]);
      return 1;
    }
    const shown = made.outcome === 'made' && given === undefined ? { password } : {};
    console.log(call.json ? JSON.stringify({ ...made, email, ...shown }, null, 2) : say(made, email, shown));
    return 0;
  });
}

type Settled = Extract<Made, { username: string }>;

const REFUSED = {
  unproven:
    'The account with this address has not proven that it is theirs: have them open the link of the mail first.',
  username_taken: 'The user name is taken. Give another one by --username.',
} as const;

const say = (made: Settled, email: string, { password }: { password?: string }): string =>
  ({
    made: [`administrator: ${email} (${made.username})`, ...(password === undefined ? [] : [`password: ${password}`])],
    promoted: [`${email} (${made.username}) is an administrator now.`],
    unchanged: [`${email} (${made.username}) is an administrator already.`],
  })[made.outcome].join('\n');

function readValue(schema: typeof Email | typeof Username, name: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`--${name} is missing.`);
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw new UsageError(`--${name} ${error.issues[0]?.message}.`);
  return data;
}

async function judge({ config }: Workplace, password: string, own: { username: string; email: string }): Promise<void> {
  try {
    await requireGoodPassword({ config, breached: null }, password, own, 'password');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new UsageError(`The password ${error.details.errors?.[0]?.message}.`);
  }
}

async function hash({ config }: Workplace, password: string) {
  const hasher = createPasswordHasher({ cost: config.security.bcrypt_cost, workers: 1, maxWait: 60_000 });
  try {
    return await hasher.reserve().hash(password);
  } finally {
    await hasher.close();
  }
}
