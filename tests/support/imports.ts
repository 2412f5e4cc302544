// Reads what each source file imports, as paths inside the repository or as package names.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** The importing file, from the repository's root, with `/`. */
  file: string;
  line: number;
  /** `server/src/…` for files of the repository, else the package (`zod`, `@trpc/server`) or `node:fs`. */
  target: string;
  /** Whether nothing of it is left when the program runs. */
  typeOnly: boolean;
}

export function listSourceFiles(folder: string): string[] {
  const absolute = join(root, folder);
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.d)\.(ts|tsx|mts)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

export const readJson = (file: string): Manifest => JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest;

export function readImports(file: string): Import[] {
  return parseImports(file, readFileSync(join(root, file), 'utf8'));
}

export function parseImports(file: string, text: string): Import[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    imports.push({ file, line, target: resolveTarget(file, specifier.text), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

const workspaces: readonly (readonly [RegExp, string])[] = [
  [/^@authcenter\/shared\/(.+)$/, 'shared/src/$1.ts'],
  [/^@authcenter\/shared$/, 'shared/src/index.ts'],
  [/^@authcenter\/server\/(.+)$/, 'server/src/$1.ts'],
  [/^@authcenter\/client(\/.*)?$/, 'client-sdk/src/index.ts'],
];

function resolveTarget(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier);
  for (const [pattern, path] of workspaces) if (pattern.test(specifier)) return specifier.replace(pattern, path);
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
