// A field of a collection that holds envelopes: read in order of id, replaced only where it is still as it was read.
import { type Document, ObjectId } from 'mongodb';
import type { Database } from '../../database/client.ts';
import type { SealedPlace } from './rewrap.ts';

/** @param field - dotted; in documents whose `_id` is an ObjectId */
export function createSealedField({ db, maxTimeMs }: Database, collection: string, field: string): SealedPlace {
  const documents = db.collection(collection);
  return {
    name: `${collection}.${field}`,
    // Page after page of all documents: few have the field, and a search for the next of them could take any time.
    async list(after, limit) {
      const found = await documents
        .find(after === null ? {} : { _id: { $gt: new ObjectId(after) } }, {
          projection: { [field]: 1 },
          sort: { _id: 1 },
          limit,
          maxTimeMS: maxTimeMs,
        })
        .toArray();
      const values = found.flatMap((document) => {
        const sealed = readField(document, field);
        return sealed === null ? [] : [{ id: document._id.toHexString(), sealed }];
      });
      return { values, next: found.length < limit ? null : (found.at(-1)?._id.toHexString() ?? null) };
    },
    async replace(id, before, after) {
      const change = { $set: { [field]: after } };
      return (await documents.updateOne({ _id: new ObjectId(id), [field]: before }, change)).matchedCount === 1;
    },
  };
}

function readField(document: Document, field: string): string | null {
  const value = field
    .split('.')
    .reduce<Document | string | undefined>(
      (inner, part) => (typeof inner === 'object' && inner !== null ? inner[part] : undefined),
      document,
    );
  return typeof value === 'string' ? value : null;
}
