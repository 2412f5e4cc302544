// What the tests of the audit share: lines in numbers, the collections as they lie in the database, verification over HTTP.
import { ObjectId } from 'mongodb';
import type { AuditBlock } from '../../../../server/src/features/system/audit/repository.ts';
import type { AuditDocument } from '../../../../server/src/platform/audit.ts';
import type { Answer, TestServer } from '../../../support/server.ts';

export const linesOf = ({ deps }: TestServer) => deps.database.db.collection<AuditDocument>('audit_logs');
export const blocksOf = ({ deps }: TestServer) => deps.database.db.collection<AuditBlock>('audit_seals');

export const createAdmin = async (server: TestServer) => {
  const user = await server.createUser([{ name: 'Admin' }]);
  const { access } = await server.signIn(user);
  return { ...user, token: access };
};

/** Lines as any act might have recorded them, a second apart. */
export function makeLines(server: TestServer, count: number, fields: Partial<AuditDocument> = {}): AuditDocument[] {
  const now = server.clock.now().getTime();
  return Array.from({ length: count }, (_, index) => ({
    _id: new ObjectId(),
    at: new Date(now - (count - index) * 1000),
    act: 'test.act',
    outcome: 'success',
    actor: { kind: 'user', id: 'a'.repeat(24), sid: null },
    target: { kind: 'thing', id: String(index) },
    ip: '192.0.2.7',
    user_agent: '浏览器/1.0',
    request_id: `request-${index}`,
    details: { number: index, text: '改了名字' },
    ...fields,
  }));
}

/** So many blocks of so many lines each. */
export async function fillBlocks(server: TestServer, blocks: number, lines = 3): Promise<void> {
  for (let block = 0; block < blocks; block++) {
    await linesOf(server).insertMany(makeLines(server, lines));
    await server.deps.auditKeeper.run();
  }
}

export const verify = async (
  server: TestServer,
  token: string,
  query: Record<string, string | number> = {},
): Promise<Answer> => {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return (await server.rest('GET', `/audit-logs/verify?${text}`, { token })).body;
};
