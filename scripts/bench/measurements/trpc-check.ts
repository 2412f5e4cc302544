// The permission check over tRPC, in the form the SDK sends it, against bare tRPC on bare Fastify.
import { startChild } from '../harness/child.ts';
import type { Lab } from '../harness/lab.ts';
import { callOnce, type FixedCall, measureRate } from '../harness/load.ts';
import { atLeast, type Section } from '../harness/report.ts';
import { compare } from '../harness/rounds.ts';
import { checkCall, signIn } from '../harness/sign-in.ts';

const CONNECTIONS = 32;

export async function measureTrpcCheck(lab: Lab): Promise<Section> {
  const server = await lab.startServer();
  const bare = await startChild<{ rpc: string }>('bare.ts');
  try {
    const [user] = await server.createUsers(1);
    if (!user) throw new Error('no user');
    const { access } = await signIn(server.url, user);
    const { headers, body } = checkCall(access);
    const call = (url: string): FixedCall => ({
      url: `${url}/trpc/rbac.check?batch=1`,
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ 0: { json: body } }),
    });
    const [baseCall, subjectCall] = [call(bare.ready.rpc), call(server.url)];
    const answer = await callOnce(subjectCall);
    const [first] = JSON.parse(answer) as { result: { data: { json: unknown } } }[];
    await bare.ask('answerWith', first?.result.data.json);
    if ((await callOnce(baseCall)) !== answer) throw new Error('rbac.check: base and subject answer differently');

    const [rounds, seconds] = lab.short ? [3, 1] : [7, 3];
    for (const one of [baseCall, subjectCall]) await measureRate(one, CONNECTIONS, 2);
    const {
      ratio,
      base,
      subject,
      rounds: each,
    } = await compare(
      rounds,
      () => measureRate(baseCall, CONNECTIONS, seconds),
      () => measureRate(subjectCall, CONNECTIONS, seconds),
    );
    return {
      title: 'tRPC against bare tRPC on Fastify',
      rows: [
        {
          name: 'rbac.check',
          value: ratio,
          unit: '×',
          target: atLeast(0.8),
          from: `${Math.round(subject)}/s against ${Math.round(base)}/s, ${CONNECTIONS} connections`,
          details: { rounds: each },
        },
      ],
    };
  } finally {
    await bare.stop();
    await server.stop();
  }
}
