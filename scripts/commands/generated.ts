// Commands for the files that are generated from the code: print one, write it, or check that the written one is fresh.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, readAction } from './command.ts';

export interface GeneratedFile {
  name: string;
  /** From the repository's root. */
  path: string;
  summary: string;
  render(): Promise<string>;
}

const root = new URL('../../', import.meta.url);

// The server is read only by the command that needs it.
export const generatedFiles: readonly GeneratedFile[] = [
  {
    name: 'openapi',
    path: 'server/docs/openapi.json',
    summary: 'The OpenAPI document',
    async render() {
      const { createOpenApiDocument } = await import('../../server/src/http/openapi.ts');
      return `${JSON.stringify(createOpenApiDocument('http://127.0.0.1:8080'), null, 2)}\n`;
    },
  },
  {
    name: 'permissions',
    path: 'server/docs/permissions.md',
    summary: 'The permission table: who may call what',
    async render() {
      const { renderPermissionTable } = await import('../../server/src/http/permission-table.ts');
      return renderPermissionTable();
    },
  },
  {
    name: 'procedures',
    path: 'client-sdk/PROCEDURES.md',
    summary: 'The reference of the SDK’s procedures',
    async render() {
      const { renderProcedureReference } = await import('../../server/src/http/procedure-reference.ts');
      return renderProcedureReference();
    },
  },
  {
    name: 'procedure-table',
    path: 'client-sdk/src/testing/procedures.ts',
    summary: 'The table of procedures that the SDK’s fake server is driven by',
    async render() {
      const { renderProcedureTable } = await import('./procedure-table.ts');
      return renderProcedureTable();
    },
  },
  {
    name: 'errors',
    path: 'server/docs/errors.md',
    summary: 'The error table: every code with its status and titles',
    async render() {
      const { renderErrorTable } = await import('./error-table.ts');
      return renderErrorTable();
    },
  },
];

export const generatedCommands: readonly Command[] = generatedFiles.map((file) => ({
  name: file.name,
  usage: `${file.name} [print|write|check]`,
  summary: `${file.summary} (${file.path})`,
  async run(call) {
    const action = readAction(call, ['print', 'write', 'check']);
    const wanted = await file.render();
    const path = fileURLToPath(new URL(file.path, root));
    if (action === 'print') {
      process.stdout.write(wanted);
    } else if (action === 'write') {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, wanted);
      console.log(`wrote ${file.path}`);
    } else {
      const written = await readFile(path, 'utf8').catch(() => null);
      if (written !== wanted) {
        console.error(
          `${file.path} is ${written === null ? 'missing' : 'not what the code says'}. Run: npm run generate`,
        );
        return 1;
      }
      console.log(`${file.path} is fresh.`);
    }
    return 0;
  },
}));
