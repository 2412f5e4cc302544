// The chain of the audit as pure functions: what is sealed holds, and nothing can be touched without showing.
import { randomBytes } from 'node:crypto';
import { Binary, ObjectId } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../../server/src/features/system/audit/canonical.ts';
import {
  hashPruning,
  isPruned,
  judgeBlock,
  judgeLines,
  sealBlock,
} from '../../../../server/src/features/system/audit/chain.ts';
import { createAuditKeys } from '../../../../server/src/features/system/audit/keys.ts';
import type { AuditDocument } from '../../../../server/src/platform/audit.ts';

const at = new Date('2026-03-01T08:00:00.000Z');
const keyEncryptionKey = Uint8Array.from(randomBytes(32));
const keys = createAuditKeys({ audit: {} }, { keyEncryptionKey });

const makeRecord = (index: number, fields: Partial<AuditDocument> = {}): AuditDocument => ({
  _id: new ObjectId(),
  at: new Date(at.getTime() + index * 1000),
  act: 'auth.login',
  outcome: 'success',
  actor: { kind: 'user', id: 'a'.repeat(24), sid: null },
  target: { kind: 'session', id: 'b'.repeat(24) },
  ip: '192.0.2.7',
  user_agent: '浏览器/1.0',
  request_id: `request-${index}`,
  details: { method: 'password', until: at, roles: ['编辑'], nested: { b: 1, a: null } },
  personal: { username: 'li.lei' },
  ...fields,
});

const makeBlock = (count = 5, previous: Parameters<typeof sealBlock>[1] = null) => {
  const records = Array.from({ length: count }, (_, index) => makeRecord(index));
  const { block, seals } = sealBlock(records, previous, keys, at);
  return { block, records: records.map((record, index) => ({ ...record, seal: seals[index] }) as AuditDocument) };
};

/** A copy in which one record is something else. */
const change = (records: readonly AuditDocument[], index: number, fields: Partial<AuditDocument>): AuditDocument[] =>
  records.map((record, one) => (one === index ? { ...record, ...fields } : record));
const faults = (problems: ReturnType<typeof judgeLines>) => problems.map(({ fault, index }) => [fault, index]);

describe('canonical JSON', () => {
  test('is the same in whatever order an object was built', () => {
    expect(canonicalJson({ b: [{ y: 1, x: undefined }], a: at })).toBe(`{"a":"${at.toISOString()}","b":[{"y":1}]}`);
    expect(canonicalJson({ a: at.toISOString(), b: [{ y: 1 }] })).toBe(canonicalJson({ b: [{ y: 1 }], a: at }));
  });
  test('sorts names by UTF-16 code units and keeps what looks like numbers in that order', () => {
    expect(canonicalJson({ é: 1, '10': 2, '9': 3, a: 4, '€': 5 })).toBe('{"10":2,"9":3,"a":4,"é":1,"€":5}');
  });
  test('writes ids as text', () => {
    const id = new ObjectId();
    expect(canonicalJson({ id })).toBe(`{"id":"${id.toHexString()}"}`);
  });
});

describe('a block', () => {
  test('holds what was sealed, the first and the next', () => {
    const first = makeBlock();
    expect(judgeBlock(first.block, '', keys)).toBeNull();
    expect(judgeLines(first.block, first.records)).toEqual([]);
    const second = makeBlock(3, first.block);
    expect(second.block).toMatchObject({ _id: 2, prev: first.block.hash, count: 3 });
    expect(judgeBlock(second.block, first.block.hash, keys)).toBeNull();
    expect(judgeBlock(second.block, 'x'.repeat(43), keys)).toBe('block_forged');
  });

  test('shows each change of each of its fields', () => {
    const { block } = makeBlock();
    const changed = [
      { _id: 2 },
      { prev: 'x' },
      { at: new Date(0) },
      { count: 4 },
      { from: new Date(0) },
      { to: new Date(0) },
      { root: 'x'.repeat(43) },
      { hash: 'x'.repeat(43) },
    ];
    for (const fields of changed) expect(judgeBlock({ ...block, ...fields }, null, keys)).toBe('block_forged');
    expect(judgeBlock({ ...block, key: 'unknown' }, null, keys)).toBe('key_unknown');
    const other = createAuditKeys({ audit: {} }, { keyEncryptionKey: Uint8Array.from(randomBytes(32)) });
    expect(judgeBlock(block, null, other)).toBe('key_unknown');
  });

  test.each<[string, Partial<AuditDocument>]>([
    ['time', { at: new Date(0) }],
    ['act', { act: 'auth.logout' }],
    ['outcome', { outcome: 'failure' }],
    ['actor', { actor: { kind: 'user', id: 'c'.repeat(24), sid: null } }],
    ['target', { target: { kind: 'session', id: null } }],
    ['address', { ip: '198.51.100.1' }],
    ['user agent', { user_agent: null }],
    ['request', { request_id: null }],
    ['details', { details: { method: 'password' } }],
    ['personal details', { personal: { username: 'han.mei' } }],
    ['personal details that are gone', { personal: undefined as never }],
    ['whole origin', { ip: null, user_agent: null }],
    ['id', { _id: new ObjectId() }],
  ])('shows a line whose %s was changed', (_, fields) => {
    const { block, records } = makeBlock();
    expect(faults(judgeLines(block, change(records, 2, fields)))).toEqual([['line_altered', 2]]);
  });

  test('shows a field that was added', () => {
    const { block, records } = makeBlock();
    expect(faults(judgeLines(block, change(records, 0, { note: 'x' } as object)))).toEqual([['line_altered', 0]]);
    const [plain] = [makeRecord(0, { ip: null, user_agent: null })];
    const { personal: _, ...bare } = plain as AuditDocument;
    const { block: other, seals } = sealBlock([bare], null, keys, at);
    const sealed = { ...bare, seal: seals[0] } as AuditDocument;
    expect(judgeLines(other, [sealed])).toEqual([]);
    for (const fields of [{ personal: { username: 'x' } }, { ip: '192.0.2.1' }])
      expect(faults(judgeLines(other, [{ ...sealed, ...fields }]))).toEqual([['line_altered', 0]]);
  });

  test('shows which line was removed, inserted, moved', () => {
    const { block, records } = makeBlock();
    expect(faults(judgeLines(block, records.toSpliced(3, 1)))).toEqual([['line_removed', 3]]);
    const copy = { ...(records[1] as AuditDocument), _id: new ObjectId() };
    expect(faults(judgeLines(block, [...records, copy]))).toEqual([['line_inserted', 1]]);
    const beyond = makeRecord(9, { seal: { block: 1, index: 5 } });
    expect(faults(judgeLines(block, [...records, beyond]))).toEqual([['line_inserted', 5]]);
    const swapped = change(change(records, 0, { seal: records[1]?.seal } as object), 1, {
      seal: records[0]?.seal,
    } as object);
    expect(judgeLines(block, swapped).map(({ index }) => index)).toEqual([1, 0]);
  });

  test('shows lines that changed places, with the commitments that are theirs', () => {
    const plain = [0, 1, 2].map((index) => {
      const { personal: _, ...record } = makeRecord(index, { ip: null, user_agent: null });
      return record;
    });
    const { block, seals } = sealBlock(plain, null, keys, at);
    const moved = plain.map((record, index) => ({ ...record, seal: seals[[1, 0, 2][index] ?? 0] }) as AuditDocument);
    expect(faults(judgeLines(block, moved)).toSorted()).toEqual([
      ['line_moved', 0],
      ['line_moved', 1],
    ]);
  });

  test('shows digests that were written anew', () => {
    const { block, records } = makeBlock();
    const digests = new Binary(Buffer.alloc(block.count * 32));
    expect(judgeLines({ ...block, digests }, records)).toMatchObject([{ fault: 'block_forged', index: null }]);
    const { digests: _, ...without } = block;
    expect(judgeLines(without, records)).toMatchObject([{ fault: 'block_forged' }]);
  });

  // Whatever is done to whichever line, however many: nothing goes unseen.
  test('shows random changes at random places', () => {
    const { block, records } = makeBlock(20);
    const random = (below: number) => Math.floor(Math.random() * below);
    for (let round = 0; round < 200; round++) {
      const index = random(records.length);
      const text = JSON.stringify(records[index]?.details);
      const place = random(text.length);
      let details: Record<string, unknown>;
      try {
        details = JSON.parse(text.slice(0, place) + String.fromCharCode(32 + random(90)) + text.slice(place + 1));
      } catch {
        continue;
      }
      const isSame = canonicalJson(details) === canonicalJson(records[index]?.details);
      const found = judgeLines(block, change(records, index, { details }));
      expect(faults(found)).toEqual(isSame ? [] : [['line_altered', index]]);
    }
  });
});

describe('erasing', () => {
  const erase = (record: AuditDocument): AuditDocument => {
    const { personal: _, ...rest } = record;
    const seal = record.seal as NonNullable<AuditDocument['seal']>;
    return {
      ...rest,
      ip: null,
      user_agent: null,
      seal: { ...seal, origin: { hash: seal.origin?.hash ?? '' }, personal: { hash: seal.personal?.hash ?? '' } },
    };
  };
  test('leaves the line whole', () => {
    const { block, records } = makeBlock();
    expect(judgeLines(block, records.map(erase))).toEqual([]);
  });
  test('lets nothing else be put in its place', () => {
    const { block, records } = makeBlock();
    const erased = records.map(erase);
    expect(faults(judgeLines(block, change(erased, 1, { ip: '192.0.2.7' })))).toEqual([['line_altered', 1]]);
    const other = { ...erased[1]?.seal, origin: { hash: 'x'.repeat(43) } } as AuditDocument['seal'];
    expect(faults(judgeLines(block, change(erased, 1, { seal: other } as object)))).toEqual([['line_altered', 1]]);
  });
  test('of two people alike commitments are not alike', () => {
    const { records } = makeBlock(2);
    expect(records[0]?.seal?.origin?.hash).not.toBe(records[1]?.seal?.origin?.hash);
  });
});

describe('keys', () => {
  const own = randomBytes(32).toString('base64');
  test('a block of the derived key can be verified when the audit has got one of its own', () => {
    const { block } = makeBlock();
    const later = createAuditKeys({ audit: { key: own } }, { keyEncryptionKey });
    expect(later.current.id).not.toBe(keys.current.id);
    expect(judgeBlock(block, null, later)).toBeNull();
  });
  test('former keys are named: of the audit, or of encryption', () => {
    const { block } = makeBlock();
    const newKey = Uint8Array.from(randomBytes(32));
    const previous_keys = [Buffer.from(keyEncryptionKey).toString('base64')];
    expect(judgeBlock(block, null, createAuditKeys({ audit: {} }, { keyEncryptionKey: newKey }))).toBe('key_unknown');
    expect(
      judgeBlock(block, null, createAuditKeys({ audit: { previous_keys } }, { keyEncryptionKey: newKey })),
    ).toBeNull();
    const sealedByOwn = sealBlock(
      [makeRecord(0)],
      null,
      createAuditKeys({ audit: { key: own } }, { keyEncryptionKey }),
      at,
    );
    const renewed = createAuditKeys({ audit: { previous_keys: [own] } }, { keyEncryptionKey });
    expect(judgeBlock(sealedByOwn.block, null, renewed)).toBeNull();
  });
});

test.each([{ key: 'short' }, { key: '***' }, { previous_keys: [`${'A'.repeat(43)}=`, 'x'] }])(
  'what is no key keeps the server from starting: %j',
  (audit) => {
    expect(() => createAuditKeys({ audit }, { keyEncryptionKey })).toThrow('is not 32 bytes in base64');
  },
);

test('that lines are past their time only the server can say', () => {
  const { block } = makeBlock();
  const { id: key, key: secret } = keys.current;
  const pruned = { at, key, mac: hashPruning(block, at, secret) };
  expect(isPruned({ ...block, pruned }, keys)).toBe(true);
  expect(isPruned({ ...block, pruned: { ...pruned, at: new Date(0) } }, keys)).toBe(false);
  expect(isPruned({ ...makeBlock().block, pruned }, keys)).toBe(false);
  expect(isPruned(block, keys)).toBe(false);
});
