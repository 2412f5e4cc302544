// The thread that hashes: takes one job at a time, does it synchronously, answers.
import { createHash } from 'node:crypto';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, parseOptions, verifySync } from '@node-rs/bcrypt';
import type { HashAnswer, HashJob } from './password-hash-threads.ts';
import type { PasswordScheme } from './password-hasher.ts';

// On Linux this lowers the calling thread alone, so that hashing may fill every core and still yields to the event
// loop; elsewhere it would lower the whole process.
if (process.platform === 'linux') setPriority(10);

const port = parentPort;
port?.on('message', (job: HashJob) => port.postMessage(answer(job)));

function answer(job: HashJob): HashAnswer {
  try {
    return job.kind === 'hash' ? hash(job.password, job.cost) : verify(job.password, job.stored, job.cost);
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function hash(password: string, cost: number): HashAnswer {
  const scheme = schemeFor(password);
  return { hash: hashSync(prepare(password, scheme), { cost }), scheme };
}

function verify(password: string, stored: { hash: string; scheme: PasswordScheme } | null, cost: number): HashAnswer {
  const storedCost = stored === null ? null : readCost(stored.hash);
  if (stored === null || storedCost === null) {
    // An unknown user, or a hash that is none: the same work as a comparison, for nothing.
    hashSync(prepare(password, 'bcrypt-sha384'), { cost });
    return { ok: false, needsRehash: false };
  }
  // Here passwords that need reducing are never hashed without it: one that agrees in the first 72 bytes is another password.
  const comparable = stored.scheme !== 'bcrypt' || schemeFor(password) === 'bcrypt';
  const ok = verifySync(prepare(password, stored.scheme), stored.hash) && comparable;
  // A refusal costs what the configured cost costs, or time would tell users with old hashes from unknown ones:
  // 2^a + 2^a + 2^(a+1) + … + 2^(b-1) = 2^b.
  for (let spent = storedCost; !ok && spent < cost; spent++)
    hashSync(prepare(password, stored.scheme), { cost: spent });
  return { ok, needsRehash: ok && (storedCost < cost || stored.scheme === 'bcrypt-foreign') };
}

function readCost(hash: string): number | null {
  try {
    return parseOptions(hash).cost;
  } catch {
    return null;
  }
}

/** bcrypt reads 72 bytes, and repeats its key with a NUL between, so that "a" and "a\0a" would be one password. */
function schemeFor(password: string): PasswordScheme {
  return Buffer.byteLength(password) > 72 || password.includes('\0') ? 'bcrypt-sha384' : 'bcrypt';
}

// SHA-384 in base64 is 64 characters: within the 72 bytes, and without NUL.
function prepare(password: string, scheme: PasswordScheme): string {
  return scheme === 'bcrypt-sha384' ? createHash('sha384').update(password).digest('base64') : password;
}
