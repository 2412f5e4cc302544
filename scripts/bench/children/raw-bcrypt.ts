// A thread that compares passwords and does nothing else, at the priority the server's hashing threads have.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { verifySync } from '@node-rs/bcrypt';

const { password, hash, seconds } = workerData as { password: string; hash: string; seconds: number };
// On a machine that others use too, a different priority would be a different share of it.
if (process.platform === 'linux') setPriority(10);

const startedAt = performance.now();
let count = 0;
do {
  verifySync(password, hash);
  count++;
} while (performance.now() - startedAt < seconds * 1000);
parentPort?.postMessage(count / ((performance.now() - startedAt) / 1000));
