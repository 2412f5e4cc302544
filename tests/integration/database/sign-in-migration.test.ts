// What the second migration keeps of a database that the first one made.
import { ObjectId } from 'mongodb';
import { expect, inject, onTestFinished, test } from 'vitest';
import { foundation } from '../../../server/src/database/migrations/0001-foundation.ts';
import { signIn } from '../../../server/src/database/migrations/0002-sign-in.ts';
import { createOneTimeCodesRepository } from '../../../server/src/features/auth/email/repository.ts';
import { openDatabase } from './open-database.ts';

test('links that were mailed before go on working, as long as they would have', async () => {
  const database = await openDatabase(inject('mongoUri'));
  onTestFinished(() => database.drop());
  await foundation.up(database);
  const codes = database.db.collection('one_time_codes');
  await codes.createIndex({ secret_hashes: 1 }, { name: 'secret_hashes', unique: true, sparse: true });
  const now = new Date();
  const expires_at = new Date(now.getTime() + 60_000);
  const old = { _id: new ObjectId(), purpose: 'verify_email', target: 'li@example.com', created_at: now, expires_at };
  await codes.insertOne({ ...old, secret_hashes: ['one', 'two'] }, { bypassDocumentValidation: true });
  await signIn.up(database);
  await signIn.up(database);

  const repository = createOneTimeCodesRepository(database);
  for (const hash of ['one', 'two'])
    expect((await repository.find('verify_email', hash, now))?.target).toBe('li@example.com');
  expect(await repository.find('verify_email', 'one', expires_at)).toBeNull();
  expect((await codes.indexes()).map(({ name }) => name)).not.toContain('secret_hashes');
});
