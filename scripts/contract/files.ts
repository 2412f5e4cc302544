// The contract that was promised, as committed, and the one that the code makes now.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Contract, OpenApiDocument } from './surface.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
export const CONTRACT_FOLDER = 'client-sdk/contract';
const [openapiFile, declarationsFile] = ['openapi.json', 'index.d.ts'].map((name) =>
  join(root, CONTRACT_FOLDER, name),
) as [string, string];

/** @returns null when none was ever accepted */
export async function readPromised(): Promise<Contract | null> {
  const [openapi, declarations] = await Promise.all(
    [openapiFile, declarationsFile].map((file) => readFile(file, 'utf8').catch(() => null)),
  );
  if (openapi == null || declarations == null) return null;
  return { openapi: JSON.parse(openapi) as OpenApiDocument, declarations };
}

/** Builds the SDK's declarations into a folder of their own. */
export async function readPresent(): Promise<Contract> {
  const folder = await mkdtemp(join(tmpdir(), 'authcenter-contract-'));
  try {
    // Of one entry alone: all that it needs stands in one file then.
    const build = [
      join(root, 'node_modules/tsdown/dist/run.mjs'),
      'src/index.ts',
      '--out-dir',
      folder,
      '--filter',
      'client-esm',
    ];
    await run(process.execPath, build, { cwd: join(root, 'client-sdk') });
    const [openapi, declarations] = await Promise.all([
      readFile(join(root, 'server/docs/openapi.json'), 'utf8'),
      readFile(join(folder, 'index.d.ts'), 'utf8'),
    ]);
    return { openapi: JSON.parse(openapi) as OpenApiDocument, declarations };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function writePromised({ openapi, declarations }: Contract): Promise<void> {
  await mkdir(join(root, CONTRACT_FOLDER), { recursive: true });
  await writeFile(openapiFile, `${JSON.stringify(openapi)}\n`);
  await writeFile(declarationsFile, declarations);
}
