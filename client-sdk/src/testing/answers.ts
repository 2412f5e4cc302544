// The form of the fake's own answers: one function a procedure, over the world, the parsed input and the call.
import type { z } from 'zod';
import type { Call } from './call.ts';
import type { PROCEDURES, ProcedurePath } from './procedures.ts';
import type { World } from './world.ts';

type Table = typeof PROCEDURES;
export type InputOf<Path extends ProcedurePath> = z.output<Table[Path]['input']>;
type Item<Path extends ProcedurePath> = Table[Path]['output'] extends z.ZodType
  ? z.input<Table[Path]['output']>
  : // biome-ignore lint/suspicious/noConfusingVoidType: what answers nothing may return nothing.
    void;
type OutputOf<Path extends ProcedurePath> = Table[Path]['type'] extends 'subscription'
  ? AsyncIterable<Item<Path>>
  : Item<Path> | Promise<Item<Path>>;

export type Answers = {
  readonly [Path in ProcedurePath]?: (world: World, input: InputOf<Path>, call: Call) => OutputOf<Path>;
};
