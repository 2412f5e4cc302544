// Contract of the revocation feed: what takes force from tokens that services verify on their own.
import { z } from 'zod';

const Cursor = z.string().max(64).meta({ example: '6a4f1c0900000002-000000' });
const common = { cursor: Cursor, at: z.date() };

/** One thing that has changed; of whatever has the same type and id it is the present state. */
export const RevocationRecord = z
  .discriminatedUnion('type', [
    z.object({ ...common, type: z.literal('session'), id: z.string(), value: z.null().describe('It has ended') }),
    z.object({
      ...common,
      type: z.literal('user'),
      id: z.string(),
      value: z.int().describe('Tokens with a lower `epoch` are stale'),
    }),
    z.object({
      ...common,
      type: z.literal('role'),
      id: z.string(),
      value: z
        .object({
          name: z.string(),
          rights_version: z.int().describe('Tokens that name the role with a lower `rv` are stale'),
        })
        .nullable()
        .describe('null: the role is no more'),
    }),
    z.object({
      ...common,
      type: z.literal('client'),
      id: z.string(),
      value: z
        .object({
          epoch: z.int().describe('Its own tokens with a lower `epoch` are stale'),
          scopes: z.array(z.string()),
        })
        .nullable()
        .describe('null: the client is no more'),
    }),
    z.object({
      ...common,
      type: z.literal('key'),
      id: z.string().describe('The `kid`'),
      value: z.literal('verifying').nullable().describe('null: what it signed is good no more'),
    }),
  ])
  .meta({ id: 'RevocationRecord' });
export type RevocationRecord = z.output<typeof RevocationRecord>;

export const RevocationBatch = z
  .object({
    cursor: Cursor.describe('Where to go on from, at any instance'),
    at: z.date().describe('When the change stream was last heard: while it stands still, nothing is known'),
    reset: z.boolean().describe('The records are all there is: forget what was known before'),
    records: z.array(RevocationRecord),
  })
  .meta({ id: 'RevocationBatch' });
export type RevocationBatch = z.output<typeof RevocationBatch>;

export const RevocationsInput = z
  .strictObject({ cursor: Cursor.optional().describe('Of the last batch; absent, unknown or too old: all there is') })
  .prefault({});
export type RevocationsInput = z.output<typeof RevocationsInput>;
