// What of an old contract a new one breaks, found by the compiler: whoever kept to the old must get on with the new.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { type Contract, listOperations, writeRestTypes } from './surface.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Beside the SDK, so that its imports are found.
const folder = join(root, 'client-sdk');

/** @returns one line a break, for people; empty when there is none */
export async function findBreaks(old: Contract, now: Contract): Promise<string[]> {
  const [before, after] = [listOperations(old.openapi), listOperations(now.openapi)];
  const moved = [...before].flatMap(([id, door]) => {
    const there = after.get(id);
    if (there === undefined) return [`${id} (${door}) is gone`];
    return there === door ? [] : [`${id} was ${door} and is ${there}`];
  });
  const kept = [...before.keys()].filter((id) => after.has(id));
  const [oldRest, newRest] = await Promise.all([writeRestTypes(old.openapi), writeRestTypes(now.openapi)]);
  return [
    ...moved,
    ...compare([oldRest, newRest], REST_TYPES, listChecks(kept, 'over REST')),
    ...compare([old.declarations, now.declarations], SDK_TYPES, [
      ...listChecks(kept, 'in the SDK'),
      ...listValues(old.declarations).map(checkValue),
    ]),
  ];
}

/** How `In` and `Out` of an operation are told from either text; `O` is the operation's id. */
const REST_TYPES = `
type Body<O> = O extends { requestBody?: infer R } ? NonNullable<R> extends { content: infer C } ? C[keyof C] : undefined : undefined;
type Given<O> = O extends { parameters: { query?: infer Q; path?: infer P } } ? { query: NonNullable<Q>; path: P } : never;
type Answer<O> = O extends { responses: infer R } ? R[keyof R & (200 | 201 | 202 | 204)] extends infer A ? A extends { content: infer C } ? C[keyof C & 'application/json'] : undefined : never : never;
export type In<O extends keyof operations> = { given: Given<operations[O]>; body: Body<operations[O]> };
export type Out<O extends keyof operations> = Answer<operations[O]>;
`;

const SDK_TYPES = `
type At<T, P extends string> = P extends \`\${infer Head}.\${infer Rest}\` ? Head extends keyof T ? At<T[Head], Rest> : never : P extends keyof T ? T[P] : never;
export type In<O extends string> = At<RouterInputs, O>;
export type Out<O extends string> = At<RouterOutputs, O>;
`;

/** Every name of a field, whichever of several forms has it: a field that is no longer known is refused. */
const HELPERS = `
type Fields<T> = T extends readonly (infer E)[] ? Fields<E> : T extends Date | string | number | boolean | null | undefined ? never
  : T extends object ? { [K in keyof T & string]: K | (Fields<T[K]> extends infer F extends string ? \`\${K}.\${F}\` : never) }[keyof T & string] : never;
declare function old<T>(): T;
`;

interface Check {
  /** A line that compiles while the promise is kept. */
  readonly code: string;
  /** What it says when it does not. */
  readonly tells: string;
}

const OF_AN_OPERATION = [
  {
    write: (id: string) => `{ const now: New.In<'${id}'> = old<Old.In<'${id}'>>(); void now; }`,
    means: 'takes less than it took',
  },
  {
    write: (id: string) => `{ const now: Fields<New.In<'${id}'>> = old<Fields<Old.In<'${id}'>>>(); void now; }`,
    means: 'does not know a field that it took',
  },
  {
    write: (id: string) => `{ const now: Old.Out<'${id}'> = old<New.Out<'${id}'>>(); void now; }`,
    means: 'answers what was never answered',
  },
];

const listChecks = (ids: readonly string[], where: string): Check[] =>
  ids.flatMap((id) =>
    OF_AN_OPERATION.map(({ write, means }) => ({ code: write(id), tells: `${id} ${means}, ${where}` })),
  );

/** What a program imports and calls; types alone promise nothing that the operations do not. */
const checkValue = (name: string): Check => ({
  code: `{ const now: typeof Old.${name} = old<typeof New.${name}>(); void now; }`,
  tells: `${name} is not what it was`,
});

function listValues(declarations: string): string[] {
  const file = ts.createSourceFile('old.d.ts', declarations, ts.ScriptTarget.Latest);
  return file.statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)
      ? statement.exportClause.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text)
      : [],
  );
}

function compare([old, now]: readonly [string, string], types: string, lines: readonly Check[]): string[] {
  const head = `import type * as Old from './old';\nimport type * as New from './new';\n${HELPERS}`;
  const files = new Map([
    [join(folder, 'old.d.ts'), `${old}\n${types}`],
    [join(folder, 'new.d.ts'), `${now}\n${types}`],
    [join(folder, 'compare.ts'), `${head}${lines.map(({ code }) => code).join('\n')}\n`],
  ]);
  const above = head.split('\n').length - 1;
  return diagnose(files).flatMap(({ file, start = 0, messageText }) => {
    const reason = ts.flattenDiagnosticMessageText(messageText, '\n').split('\n').at(-1)?.trim() ?? '';
    if (!file?.fileName.endsWith('compare.ts')) throw new Error(`the contract does not compile: ${reason}`);
    const line = file.getLineAndCharacterOfPosition(start).line - above;
    return [`${lines[line]?.tells ?? `line ${line}`}: ${reason}`];
  });
}

/** The language's own declarations and those of packages: read once, for all comparisons. */
const installed = new Map<string, ts.SourceFile | undefined>();

function diagnose(files: ReadonlyMap<string, string>): readonly ts.Diagnostic[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
  host.readFile = (name) => files.get(name) ?? readFile.call(host, name);
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, rest[0], true);
    if (!installed.has(name)) installed.set(name, getSourceFile.call(host, name, ...rest));
    return installed.get(name);
  };
  const program = ts.createProgram([join(folder, 'compare.ts')], options, host);
  const source = program.getSourceFile(join(folder, 'compare.ts'));
  return [
    ...program.getGlobalDiagnostics(),
    ...program.getSyntacticDiagnostics(),
    ...program.getSemanticDiagnostics(source),
  ];
}
