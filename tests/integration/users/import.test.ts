// Taking people over: what becomes of each line, beside a running server, again and again.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readCsv, writeCsv } from '../../../scripts/users/csv.ts';
import { readJsonLines, writeJsonLines } from '../../../scripts/users/json-lines.ts';
import { exportUsers } from '../../../server/src/features/users/transfer/export.ts';
import {
  type ImportReport,
  importUsers,
  type Problem,
  type SourceLine,
} from '../../../server/src/features/users/transfer/import.ts';
import { newNumber, signInByPhone, toE164 } from '../../support/phones.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: { registration: { email_verification: 'required' } } });
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.deps.database.db.collection('users').deleteMany({});
});

async function* pieces(text: string, size = 7): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function take(lines: AsyncIterable<SourceLine>, dryRun = false) {
  const problems: Problem[] = [];
  const deps = { ...server.deps, roles: server.deps.live.roles(), region: 'CN' };
  const report: ImportReport = await importUsers(deps, lines, { dryRun, onProblem: (one) => problems.push(one) });
  return { report, problems: problems.map(({ line, field, message }) => `${line} ${field}: ${message}`) };
}
const takeCsv = (text: string, dryRun = false) => take(readCsv(pieces(text)), dryRun);
const listAll = () => server.deps.database.db.collection('users').find().sort({ username: 1 }).toArray();

// As other systems mark what is the same for passwords of up to 72 bytes.
const hashes = async () => {
  const { hash } = await server.deps.hasher.reserve().hash('correct horse battery');
  return { '2a': hash.replace(/^\$2b/, '$2a'), '2b': hash, '2y': hash.replace(/^\$2b/, '$2y') };
};

describe('a CSV file', () => {
  test('with a mark, Chinese, quotes, and lines that end as on Windows', async () => {
    const { report, problems } = await takeCsv(
      '\uFEFFUsername,email,phone,name,department,roles,status,created_at\r\n' +
        'Li.Lei,LI@Example.com,138 0013 8000,李雷,"研发部, ""一组""",Editor;Author,active,2024-05-01T08:00:00+08:00\r\n' +
        '\r\n' +
        "han,,'+86 139 0013 9000,'=HYPERLINK(1),,,inactive,\r\n",
    );
    expect(problems).toEqual([]);
    expect(report).toEqual({ dry_run: false, lines: 2, imported: 2, there_already: 0, skipped: 0 });
    const [han, li] = await listAll();
    expect(li).toMatchObject({
      username: 'li.lei',
      email: 'li@example.com',
      phone: '+8613800138000',
      email_verified: true,
      phone_verified: true,
      status: 'active',
      profile: { name: '李雷', department: '研发部, "一组"' },
      roles: [{ role_name: 'Editor' }, { role_name: 'Author' }],
      created_at: new Date('2024-05-01T00:00:00Z'),
    });
    expect(han).toMatchObject({
      phone: '+8613900139000',
      status: 'inactive',
      profile: { name: '=HYPERLINK(1)' },
      roles: [{ role_name: 'User' }],
    });
    expect(han && 'email' in han).toBe(false);
  });

  test('what is wrong is told line by line, and the rest is in', async () => {
    await server.createUser([{ name: 'User' }], { username: 'taken', email: 'taken@example.com' });
    const { report, problems } = await takeCsv(
      [
        'username,email,phone,roles,email_verified,status,created_at,password_hash',
        'good.one,good@example.com,,,,,,',
        'x,not an address,12,,,,,',
        ',,,,,,,',
        'nobody,,,,,,,',
        'taken,other@example.com,,,,,,',
        'other,TAKEN@example.com,,,,,,',
        'good.one,again@example.com,,,,,,',
        'role.less,r@example.com,,Editor;Kaiser,,,,',
        'b,b@example.com,,,perhaps,gone,2999-01-01T00:00:00Z,abc',
        'cells,c@example.com',
        'late,l@example.com,,,,,2999-01-01T00:00:00Z,',
        'last.one,last@example.com,,,false,,,',
      ].join('\n'),
    );
    expect(problems).toEqual([
      '3 username: must be 3 to 32 characters of a-z 0-9 _ . -',
      '3 email: must be an e-mail address',
      expect.stringMatching(/^3 phone: /),
      '4 email: nobody could sign in: give email, phone, or username and password_hash',
      '5 email: nobody could sign in: give email, phone, or username and password_hash',
      '8 username: stands in line 2 already',
      '9 roles: there is no role "Kaiser"',
      '10 username: must be 3 to 32 characters of a-z 0-9 _ . -',
      '10 password_hash: must be bcrypt ($2a$, $2b$ or $2y$) of cost 4 to 15',
      '10 email_verified: must be true or false',
      expect.stringMatching(/^10 status: /),
      '11 : has more or fewer cells than the header',
      '12 created_at: must not lie in the future',
      '6 username: is taken',
      '7 email: is taken',
    ]);
    expect(report).toMatchObject({ lines: 12, imported: 2, there_already: 0, skipped: 10 });
    expect((await listAll()).map(({ username }) => username)).toEqual(['good.one', 'last.one', 'taken']);
  });

  test.each([
    ['username,e-mail\n', /Unknown columns: "e-mail"/],
    ['username,password\n', /password is not taken over in clear/],
    ['username,username\n', /twice/],
    ['username,email\n"a,b\n', /Quote Not Closed/i],
  ])('%j is refused as a whole', async (text, message) => {
    await expect(takeCsv(text)).rejects.toThrow(message);
    expect(await listAll()).toEqual([]);
  });
});

test('JSON lines', async () => {
  const text = [
    '{"username":"li.lei","email":"li@example.com","roles":["Editor"],"name":null,"email_verified":false}',
    '{"username":',
    '[]',
    '',
    '{"phone":13800138000}',
    '{"email":"a@example.com","nonsense":1}',
    '{"email":"b@example.com","password":"secret"}',
    '{"phone":"13800138001"}',
  ].join('\n');
  const { report, problems } = await take(readJsonLines(pieces(text)));
  expect(problems).toEqual([
    '2 : is no JSON',
    '3 : is no JSON object',
    expect.stringMatching(/^5 phone: /),
    '6 nonsense: is not a known field',
    '7 password: is not taken over in clear: give password_hash, or none',
  ]);
  expect(report).toMatchObject({ lines: 7, imported: 2, skipped: 5 });
  const [li, other] = await listAll();
  expect([li?.['email_verified'], other?.['username']]).toEqual([false, expect.stringMatching(/^u_[a-z2-7]{10}$/)]);
});

describe('who was taken over', () => {
  test.each(['2a', '2b', '2y'] as const)(
    'signs in by the password they had ($%s$), whose hash is renewed',
    async (kind) => {
      const hash = (await hashes())[kind];
      await takeCsv(`username,email,password_hash\nli.lei,li@example.com,${hash}\n`);
      const login = (password: string) =>
        server.rest('POST', '/auth/login', { body: { username: 'li.lei', password } });
      expect((await login('another horse battery')).body.code).toBe('INVALID_CREDENTIALS');
      expect((await login('correct horse battery')).body.status).toBe('ok');
      const [user] = await listAll();
      expect([user?.['password_scheme'], user?.['password_hash'] === hash]).toEqual(['bcrypt', false]);
      expect((await login('correct horse battery')).body.status).toBe('ok');
    },
  );

  test('without a password chooses one by a mail, or comes by a code', async () => {
    const phone = newNumber();
    await takeCsv(`email,phone\na@example.com,\n,${phone}\n`);
    await server.rest('POST', '/auth/password/forgot', { body: { email: 'a@example.com' } });
    await settleOutbox(server);
    const [mail] = await server.deps.devMessages.list('a@example.com');
    expect(mail?.subject).toBe('Choose a new password');
    const { body } = await signInByPhone(server, phone);
    expect([body.status, body.user.phone]).toEqual(['ok', toE164(phone)]);
  });
});

describe('again', () => {
  const people = Array.from({ length: 2500 }, (_, i) => `p.${i},p${i}@example.com\n`);
  const file = `username,email\n${people.join('')}`;

  test('whoever is in is passed over, wherever the first run stopped', async () => {
    // It breaks off in the second batch.
    async function* broken(): AsyncGenerator<SourceLine> {
      for await (const line of readCsv(pieces(file, 4096))) {
        if (line.line === 1800) throw new Error('the disk is gone');
        yield line;
      }
    }
    await expect(take(broken())).rejects.toThrow('the disk is gone');
    const before = (await listAll()).length;
    expect(before).toBe(1000);
    const { report } = await takeCsv(file);
    expect(report).toMatchObject({ lines: 2500, imported: 1500, there_already: 1000, skipped: 0 });
    expect((await takeCsv(file)).report).toMatchObject({ imported: 0, there_already: 2500 });
    expect((await listAll()).length).toBe(2500);
    const acts = await server.deps.database.db
      .collection('audit_logs')
      .find({ 'target.kind': 'users' })
      .sort({ _id: 1 })
      .toArray();
    expect(acts.slice(-6).map(({ act, details }) => [act, details['imported']])).toEqual([
      ['users.import_begun', undefined],
      ['users.imported', 1000],
      ['users.import_begun', undefined],
      ['users.imported', 1500],
      ['users.import_begun', undefined],
      ['users.imported', 0],
    ]);
  });

  test('of two at once nobody comes twice', async () => {
    const reports = await Promise.all([takeCsv(file), takeCsv(file)]);
    expect(reports.reduce((sum, { report }) => sum + report.imported, 0)).toBe(2500);
    expect((await listAll()).length).toBe(2500);
  });

  test('a rehearsal finds the same, and writes nothing', async () => {
    const text = 'username,email\nli.lei,li@example.com\nx,y\nli.lei,z@example.com\n';
    const rehearsal = await takeCsv(text, true);
    expect([await listAll(), rehearsal.report]).toEqual([
      [],
      { dry_run: true, lines: 3, imported: 1, there_already: 0, skipped: 2 },
    ]);
    expect((await takeCsv(text)).problems).toEqual(rehearsal.problems);
  });
});

describe('what is handed on', () => {
  async function write(lines: AsyncIterable<string>): Promise<string> {
    let text = '';
    for await (const piece of lines) text += piece;
    return text;
  }

  test.each([
    ['CSV', writeCsv, readCsv],
    ['JSON lines', writeJsonLines, readJsonLines],
  ] as const)('as %s can be taken over, all the same', async (_name, writer, reader) => {
    const given =
      '{"username":"li.lei","email":"li@example.com","phone":"13800138000","name":"=cmd|\' /C calc\'!A0","department":"a,b\\"c","roles":["Editor","Author"],"created_at":"2024-05-01T08:00:00.000Z"}\n' +
      '{"username":"han","email":"han@example.com","email_verified":false,"status":"locked"}\n';
    await take(readJsonLines(pieces(given)));
    const strip = (user: object) => ({ ...user, _id: 0, updated_at: 0, proven_at: 0, roles: 0, created_at: 0 });
    const before = await listAll();
    const text = await write(writer(exportUsers(server.deps)));
    expect(text).not.toMatch(/hash|security/);
    await server.deps.database.db.collection('users').deleteMany({});
    const { report, problems } = await take(reader(pieces(text)));
    expect([problems, report.imported]).toEqual([[], 2]);
    const after = await listAll();
    expect(after.map(strip)).toEqual(before.map(strip));
    const names = (users: typeof after) =>
      users.map(({ roles }) => roles.map((grant: { role_name: string }) => grant.role_name));
    expect(names(after)).toEqual(names(before));
  });

  test('no cell is a formula to a spreadsheet', async () => {
    await take(
      readJsonLines(
        pieces(
          ['=1+1', '+1', '-1', '@SUM(A1)']
            .map((name, i) => JSON.stringify({ email: `f${i}@example.com`, phone: `1380013800${i}`, name }))
            .join('\n'),
        ),
      ),
    );
    const text = await write(writeCsv(exportUsers(server.deps)));
    expect(text.startsWith('\uFEFFusername,')).toBe(true);
    const cells = text
      .slice(1)
      .trim()
      .split('\n')
      .flatMap((row) => row.split(','));
    expect(cells.filter((cell) => /^"?[=+\-@\t\r]/.test(cell))).toEqual([]);
    expect(cells).toContain("'=1+1");
  });
});
