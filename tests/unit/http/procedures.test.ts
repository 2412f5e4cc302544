// A procedure without access, input, output or REST door makes no server: the list that every door is built from refuses it.
import { initTRPC } from '@trpc/server';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { self } from '../../../server/src/access.ts';
import { listProcedures } from '../../../server/src/http/procedures.ts';
import { endpoint, type Meta, NoInput, router, streamOf } from '../../../server/src/procedure.ts';

const bare = initTRPC.meta<Meta>().create().procedure;
const declared = endpoint({ access: 'session', rest: 'GET /things', summary: 'List things', limit: 'read' });

test('refuses a procedure that was not declared by endpoint()', () => {
  const thing = bare
    .input(NoInput)
    .output(z.string())
    .query(() => 'x');
  expect(() => listProcedures(router({ things: { list: thing } }))).toThrow(
    /procedure things\.list lacks an access declaration \(use endpoint\(\)\), a REST door/,
  );
});

test('refuses one that lacks its REST door alone', () => {
  const thing = bare
    .meta({ endpoint: { access: 'session', rest: 'GET /things', summary: 'List things', limit: 'read' } })
    .input(NoInput)
    .output(z.string())
    .query(() => 'x');
  expect(() => listProcedures(router({ thing }))).toThrow(/^procedure thing lacks a REST door$/);
});

test('refuses one without output schema', () => {
  const thing = declared.input(NoInput).query(() => 'x');
  expect(() => listProcedures(router({ thing }))).toThrow(/^procedure thing lacks an output schema$/);
});

test('refuses one without input schema', () => {
  const thing = declared.output(z.string()).query(() => 'x');
  expect(() => listProcedures(router({ thing }))).toThrow(/lacks an input schema \(NoInput for none\)/);
});

test('lists what is whole, however deep it stands', () => {
  const thing = declared
    .input(NoInput)
    .output(z.string())
    .query(() => 'x');
  expect(listProcedures(router({ a: router({ b: router({ thing }) }) }))).toMatchObject([
    { path: 'a.b.thing', type: 'query', method: 'GET', restPath: '/things', tag: 'things' },
  ]);
});

describe('a subscription', () => {
  const Item = z.object({ text: z.string() });
  const items = async function* () {
    yield { text: 'x' };
  };

  test('is listed with the schema of its items', () => {
    const thing = declared.input(NoInput).output(streamOf(Item)).subscription(items);
    const [entry] = listProcedures(router({ thing }));
    expect(entry).toMatchObject({ path: 'thing', type: 'subscription', method: 'GET' });
    expect(entry?.item).toBe(Item);
  });

  test('is refused when its output is no stream: nothing would check its items', () => {
    const thing = declared.input(NoInput).output(z.custom<AsyncIterable<{ text: string }>>()).subscription(items);
    expect(() => listProcedures(router({ thing }))).toThrow(/lacks a stream for its output \(use streamOf\(\)\)$/);
    expect(() => listProcedures(router({ thing: declared.input(NoInput).subscription(items) }))).toThrow(
      /lacks an output schema$/,
    );
  });

  test('is refused at a door that is not GET', () => {
    const posted = endpoint({ access: 'session', rest: 'POST /things', summary: 'Follow things', limit: 'read' });
    const thing = posted.input(NoInput).output(streamOf(Item)).subscription(items);
    expect(() => listProcedures(router({ thing }))).toThrow(/^procedure thing lacks GET for its REST door$/);
  });

  test('is what a stream comes from, and nothing else', () => {
    const thing = declared.input(NoInput).output(streamOf(Item)).query(items);
    expect(() => listProcedures(router({ thing }))).toThrow(/lacks subscription\(\) as its end/);
  });
});

test.each(['', 'anyone', 'user', 'user:', ':READ', 'sessions'])('endpoint() itself refuses the access %j', (access) => {
  const declare = () => endpoint({ access: access as 'session', rest: 'GET /x', summary: 'Read x', limit: 'read' });
  expect(declare).toThrow(/is neither public, session, api_key, self\(field\), .*client:scope nor resource:ACTION/);
});

test('endpoint() refuses a list of nothing', () => {
  const declare = () => endpoint({ access: [], rest: 'GET /x', summary: 'Read x', limit: 'read' });
  expect(declare).toThrow(/access/);
});

describe('self(field)', () => {
  const { input } = endpoint({ access: [self('id')], rest: 'GET /x', summary: 'Read x', limit: 'read' });
  const inMany = endpoint({ access: [self('checks[].id')], rest: 'GET /x', summary: 'Read x', limit: 'read' });
  const Named = z.strictObject({ id: z.string().optional() });
  const Unnamed = z.strictObject({ user_id: z.string() });

  test('takes an input that has the field, and nothing before the input', () => {
    expect(() => input(Named)).not.toThrow();
    expect(() => input(Named.optional())).not.toThrow();
    expect(() =>
      inMany.input(z.strictObject({ checks: z.array(z.union([Named, Named.extend({ x: z.int() })])) })),
    ).not.toThrow();
    expect(Object.keys(inMany)).toEqual(['input']);
  });

  test('refuses one without it: of a field that is absent everybody would be the one it names', () => {
    expect(() => input(Unnamed)).toThrow(/self\(id\).*: the input has no such field/);
    expect(() => input(z.union([Named, Unnamed]))).toThrow(/self\(id\)/);
    expect(() => inMany.input(Named)).toThrow(/self\(checks\[\]\.id\)/);
    expect(() => inMany.input(z.strictObject({ checks: Named }))).toThrow(/self/);
    expect(() => inMany.input(z.strictObject({ checks: z.array(Unnamed) }))).toThrow(/self/);
  });
});
