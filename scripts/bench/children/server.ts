// The server under measurement in a process of its own, as production starts it; beside it what a run has to know and to prepare.
import { loadConfig } from '../../../server/src/config.ts';
import { newGrant, newUserDocument, newUsername } from '../../../server/src/features/users/new-user.ts';
import { startServer } from '../../../server/src/main.ts';
import { countActs } from './count-acts.ts';
import { serveParent } from './serve.ts';

const monitorCommands = process.argv.includes('--count-acts');
const server = await startServer({
  ...loadConfig({ env: process.env, cwd: process.cwd() }),
  // Where acts are counted, what the server does by itself is none.
  overrides: { monitorCommands, ...(monitorCommands ? { auditEvery: null } : {}) },
});
const { deps } = server;
const acts = monitorCommands ? countActs(deps.database.client) : null;

/** Users with the one password, hashed once at the configured cost: as many sign-ins as wanted, without hashing for days. */
async function createUsers({ count, password, role }: { count: number; password: string; role: string }) {
  const hashed = await deps.hasher.reserve().hash(password);
  const table = deps.live.roles();
  const granted = table.byName.get(role);
  if (!granted) throw new Error(`no role ${role}`);
  const users = [];
  for (let index = 0; index < count; index++) {
    const now = deps.clock.now();
    const username = `${role.toLowerCase()}_${index}_${now.getTime()}`;
    const email = `${username}@example.com`;
    const user = newUserDocument({ username, email, email_verified: true, name: null, password: hashed }, table, now);
    user.roles = [newGrant(granted, null, now, null)];
    users.push(user);
  }
  await deps.database.db.collection('users').insertMany(users);
  return users.map((user) => ({ id: user._id.toHexString(), email: user.email ?? '', password }));
}

/** Users with a proven phone number and nothing else. */
async function createPhoneUsers({ count, first }: { count: number; first: number }) {
  const users = Array.from({ length: count }, (_, index) =>
    newUserDocument(
      { username: newUsername(), phone: `+86138${String(first + index).padStart(8, '0')}`, name: null },
      deps.live.roles(),
      deps.clock.now(),
    ),
  );
  await deps.database.db.collection('users').insertMany(users);
  return users.map(({ phone = '' }) => phone);
}

serveParent(
  { url: server.url },
  {
    createUsers,
    createPhoneUsers,
    settle: () => deps.outbox.idle(),
    resetActs: () => acts?.reset(),
    readActs: () => acts?.read(),
    readMemory: () => process.memoryUsage().rss,
    readRoleId: (name: string) => deps.live.roles().byName.get(name)?.id,
  },
  () => server.close(),
);
