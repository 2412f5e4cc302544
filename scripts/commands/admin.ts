// `authcenter admin`: an administrator, for when there is none, or none that can get in.
import { type Command, readAction, UsageError } from './command.ts';

export const adminCommand: Command = {
  name: 'admin',
  usage: 'admin create --email <address> [--username <name>] [--password-stdin] [--json]',
  summary: 'Makes an administrator, or makes somebody one; needs the database and no server',
  details: [
    '',
    '  --email           of the account; one that has proven it is made an administrator, and active',
    '  --username        of a new account (without: made up)',
    '  --password-stdin  reads the password from the standard input; without it a new account gets a made-up one, printed',
    '                    this once, and an account that is there keeps its own. Replacing one ends all sessions.',
    '',
    '  Without MONGODB_URI it is the database in AUTHCENTER_DATA_DIR: of the server that runs on it, or started for the command.',
  ],
  json: true,
  flags: ['password-stdin'],
  values: ['email', 'username'],
  async run(call) {
    if (call.positionals.length === 0) throw new UsageError('Say what to do: admin create.');
    readAction(call, ['create']);
    // The server's code is read only where it is needed.
    return (await import('../users/create-admin.ts')).createAdmin(call);
  },
};
