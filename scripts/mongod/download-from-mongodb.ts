// Run as a process: downloads the mongod that mongodb-memory-server knows to fit this system, prints where it stands.
import { MongoBinary } from 'mongodb-memory-server-core';

const [downloadDir] = process.argv.slice(2);
try {
  if (!downloadDir) throw new Error('usage: download-from-mongodb.ts <folder>');
  console.log(await MongoBinary.getPath({ downloadDir }));
} catch (error) {
  console.error((error instanceof Error ? error.message : String(error)).replaceAll('\n', ' '));
  process.exitCode = 1;
}
