// The two calls that applications make most, over REST, against bare Fastify that takes the same body and gives the same answer.
import { startChild } from '../harness/child.ts';
import type { HttpCall } from '../harness/connection.ts';
import type { Lab } from '../harness/lab.ts';
import { callOnce, type FixedCall, measureRate } from '../harness/load.ts';
import { atLeast, type Row, type Section } from '../harness/report.ts';
import { compare } from '../harness/rounds.ts';
import { checkCall, signIn, verifyCall } from '../harness/sign-in.ts';

const CONNECTIONS = 32;

export async function measureRestCalls(lab: Lab): Promise<Section> {
  const server = await lab.startServer();
  const bare = await startChild<{ rest: string }>('bare.ts');
  try {
    const [user] = await server.createUsers(1);
    if (!user) throw new Error('no user');
    const { access } = await signIn(server.url, user);

    const against = async (name: string, call: HttpCall, target: number): Promise<Row> => {
      const fixed = fix(server.url, call);
      const bareCall = { ...fixed, url: `${bare.ready.rest}/answer` };
      const answer = await callOnce(fixed);
      await bare.ask('answerWith', JSON.parse(answer));
      if ((await callOnce(bareCall)) !== answer) throw new Error(`${name}: base and subject answer differently`);
      const [rounds, seconds] = lab.short ? [3, 1] : [7, 3];
      for (const one of [bareCall, fixed]) await measureRate(one, CONNECTIONS, 2);
      const {
        ratio,
        base,
        subject,
        rounds: each,
      } = await compare(
        rounds,
        () => measureRate(bareCall, CONNECTIONS, seconds),
        () => measureRate(fixed, CONNECTIONS, seconds),
      );
      return {
        name,
        value: ratio,
        unit: '×',
        target: atLeast(target),
        from: `${Math.round(subject)}/s against ${Math.round(base)}/s, ${CONNECTIONS} connections`,
        details: { rounds: each },
      };
    };

    return {
      title: 'REST against bare Fastify',
      rows: [
        await against('auth.verify', verifyCall(access), 0.35),
        await against('rbac.check', checkCall(access), 0.45),
      ],
    };
  } finally {
    await bare.stop();
    await server.stop();
  }
}

const fix = (url: string, { path, headers, body }: HttpCall): FixedCall => ({
  url: `${url}${path}`,
  method: 'POST',
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
