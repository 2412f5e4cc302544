// `authcenter dev`: what `npm start` runs.
import { type Command, refusePositionals } from './command.ts';

export const devCommand: Command = {
  name: 'dev',
  usage: 'dev',
  summary: 'Starts a server with a database of its own, keys and a first administrator',
  details: [
    '',
    '  AUTHCENTER_DATA_DIR  where data and the development key are kept (default: .data)',
    '  MONGODB_URI          uses that replica set and starts no database',
    '  MONGOD_BINARY        the mongod to run; else PATH, the cache, a download',
    '  PORT                 0 takes a free port; the printed URL names it',
  ],
  async run(call) {
    refusePositionals(call);
    const { runDev } = await import('../dev.ts');
    return runDev(call.env, call.cwd);
  },
};
