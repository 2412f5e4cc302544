// Renaming a role that very many users hold: how long the answer takes, and that every copy of the name is true afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient, ObjectId } from 'mongodb';
import { openConnection } from '../harness/connection.ts';
import type { Lab } from '../harness/lab.ts';
import { atMost, type Section } from '../harness/report.ts';
import { signIn } from '../harness/sign-in.ts';

const DATABASE = 'bench_rename_role';
const API = '/api/v1';
/** Made at once. */
const CHUNK = 10_000;

export async function measureRenameRole(lab: Lab): Promise<Section> {
  const [holders, renames] = lab.short ? [10_000, 2] : [100_000, 5];
  const server = await lab.startServer({ database: DATABASE });
  const client = await new MongoClient(lab.mongoUri).connect();
  const connection = await openConnection(server.url);
  try {
    const [admin] = await server.createUsers(1, 'Admin');
    if (!admin) throw new Error('no administrator');
    const headers = { authorization: `Bearer ${(await signIn(server.url, admin)).access}` };
    const fields = { name: 'Reviewer', display_name: '审核员', level: 1 };
    const created = await connection.send({ method: 'POST', path: `${API}/roles`, headers, body: fields });
    if (created.status !== 201) throw new Error(`rbac.roles.create answered ${created.status}: ${created.body}`);
    const role = JSON.parse(created.body) as { id: string; version: number };
    for (let made = 0; made < holders; made += CHUNK) await server.createUsers(CHUNK, fields.name);

    const users = client.db(DATABASE).collection('users');
    const outbox = client.db(DATABASE).collection('outbox');
    const countOthers = (name: string) =>
      users.countDocuments({ roles: { $elemMatch: { role_id: new ObjectId(role.id), role_name: { $ne: name } } } });
    const answers: number[] = [];
    const seconds: number[] = [];
    let untrue = 0;
    for (let round = 0; round < renames; round++) {
      const name = `Reviewer ${round}`;
      const body = { name, version: role.version + round };
      const startedAt = performance.now();
      const { status, body: answer } = await connection.send({
        method: 'PUT',
        path: `${API}/roles/${role.id}`,
        headers,
        body,
      });
      answers.push(performance.now() - startedAt);
      if (status !== 200) throw new Error(`rbac.roles.update answered ${status}: ${answer}`);
      while ((await outbox.countDocuments({ source: `role:${role.id}` })) > 0) await sleep(100);
      seconds.push((performance.now() - startedAt) / 1000);
      untrue += await countOthers(name);
    }
    return {
      title: `Renaming a role that ${holders} users hold`,
      rows: [
        {
          name: 'the slowest answer',
          value: Math.max(...answers),
          unit: 'ms',
          target: atMost(300),
          from: `${renames} renames, one after the other`,
          details: { answers },
        },
        {
          name: 'copies that are not true afterwards',
          value: untrue,
          unit: '',
          target: atMost(0),
          from: 'all of them',
        },
        { name: 'until every copy is true', value: Math.max(...seconds), unit: 's', from: '', details: { seconds } },
      ],
    };
  } finally {
    connection.close();
    await client.close();
    await server.stop();
  }
}
