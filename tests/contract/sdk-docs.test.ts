// Every public symbol of the SDK is documented: a summary, its parameters, what it throws, an example.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../client-sdk/src/', import.meta.url));
const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(folder + file, 'utf8'), ts.ScriptTarget.Latest, true);

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false);

const namesOf = (statement: ts.Statement): string[] => {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  return 'name' in statement ? [(statement.name as ts.Identifier).text] : [];
};

/** Exported declarations over all files, by name, and by file and name where several have it. */
const declarations = new Map<string, ts.Statement>();
const shared = new Set<string>();
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name)))
  for (const statement of parse(file).statements.filter(isExported))
    for (const name of namesOf(statement)) {
      if (declarations.has(name)) shared.add(name);
      declarations.set(name, statement).set(`${file.replace('.ts', '')}.${name}`, statement);
    }

/** What the entries of the package export: the first from elsewhere, the others what they declare. */
const { exports } = JSON.parse(readFileSync(`${folder}../package.json`, 'utf8')) as { exports: object };
const entries = Object.keys(exports)
  .filter((path) => path !== './package.json')
  .map((path) => (path === '.' ? 'index.ts' : `${path.slice(2)}.ts`));
const listExported = (entry: string): string[] =>
  parse(entry).statements.flatMap((statement) => {
    if (isExported(statement))
      return namesOf(statement).map((name) => (shared.has(name) ? `${entry.replace('.ts', '')}.${name}` : name));
    if (!ts.isExportDeclaration(statement)) return [];
    const { exportClause } = statement;
    return exportClause && ts.isNamedExports(exportClause) ? exportClause.elements.map(({ name }) => name.text) : [];
  });
const exported = entries.flatMap(listExported);
/** Called by tests, which say no more of a failure than that there was one. */
const forTests = new Set(listExported('testing.ts'));

const find = (name: string): ts.Statement => declarations.get(name) ?? expect.fail(`${name} is declared nowhere`);
const readComment = (node: ts.Node): string =>
  ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map((doc) => doc.getText())
    .join('\n');
const hasSummary = (node: ts.Node): boolean => /\/\*\*\s*(?:\* ?)?[A-Z`{]/.test(readComment(node));

/** Functions and methods among the public symbols, by name. */
const callables: [string, ts.SignatureDeclaration, ts.Node][] = exported.flatMap(
  (name): [string, ts.SignatureDeclaration, ts.Node][] => {
    const node = find(name);
    if (ts.isFunctionDeclaration(node)) return [[name, node, node]];
    if (ts.isVariableStatement(node)) {
      const value = node.declarationList.declarations[0]?.initializer;
      return value && ts.isArrowFunction(value) ? [[name, value, node]] : [];
    }
    if (!ts.isInterfaceDeclaration(node)) return [];
    return node.members
      .filter(ts.isMethodSignature)
      .map((method) => [`${name}.${method.name.getText()}`, method, method]);
  },
);

const members: [string, ts.Node][] = exported.flatMap((name): [string, ts.Node][] => {
  const node = find(name);
  if (ts.isInterfaceDeclaration(node))
    return node.members.map((member) => [`${name}.${member.name?.getText()}`, member]);
  return ts.isClassDeclaration(node)
    ? node.members.filter(ts.isPropertyDeclaration).map((member) => [`${name}.${member.name.getText()}`, member])
    : [];
});

test('there is something to document', () => {
  expect(exported).toEqual(
    expect.arrayContaining([
      'createAuthCenter',
      'OnStepUp',
      'registerPasskey',
      'supportsPasskeys',
      'QrCode',
      'signInByQr',
      'Can',
      'useAuth',
      'AuthCenterQueries',
    ]),
  );
  const names = callables.map(([name]) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'createAuthCenter',
      'Auth.verifyMfa',
      'loginWithPasskey',
      'renderQr',
      'AuthProvider',
      'useCan',
      'retryQuery',
    ]),
  );
});

describe('every exported symbol', () => {
  test.each(exported)('%s has a summary and an example', (name) => {
    expect(hasSummary(find(name))).toBe(true);
    expect(readComment(find(name))).toContain('@example');
  });

  test.each(members)('%s has a summary', (name, node) => {
    // A storage's `set` and `remove` are explained by their names and by the example.
    if (/^SessionStorage\.(get|set|remove)$/.test(name))
      expect(readComment(find('SessionStorage'))).toContain(name.split('.')[1]);
    else expect(hasSummary(node)).toBe(true);
  });

  test.each(callables.filter(([name]) => !name.startsWith('SessionStorage.')))(
    '%s tells of its parameters',
    (_name, signature, documented) => {
      const comment = readComment(documented);
      for (const parameter of signature.parameters) expect(comment).toContain(`@param ${parameter.name.getText()} - `);
    },
  );

  test.each(callables.filter(([name]) => /^(Auth|Verifier)\./.test(name)))(
    '%s has an example',
    (_name, _signature, documented) => {
      expect(readComment(documented)).toContain('@example');
    },
  );

  test.each(
    callables.filter(
      ([name, { type }]) => type?.getText().startsWith('Promise<') && !forTests.has(name.split('.')[0] ?? ''),
    ),
  )('%s tells what it throws', (_name, _signature, documented) => {
    expect(readComment(documented)).toContain('@throws AuthCenterError');
  });
});
