// `authcenter reference`: the API reference of the SDK, generated from its docstrings.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Command, readAction } from './command.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const sdk = join(root, 'client-sdk');
const REFERENCE = 'client-sdk/docs';

export const referenceCommand: Command = {
  name: 'reference',
  usage: 'reference [write|check]',
  summary: `The API reference of the SDK (${REFERENCE})`,
  async run(call) {
    const action = readAction(call, ['write', 'check']);
    if (action === 'write') {
      await render(join(root, REFERENCE));
      console.log(`wrote ${REFERENCE}`);
      return 0;
    }
    const folder = await mkdtemp(join(tmpdir(), 'authcenter-reference-'));
    try {
      await render(folder);
      const stale = await findDifference(join(root, REFERENCE), folder);
      if (stale === null) console.log(`${REFERENCE} is fresh.`);
      else console.error(`${REFERENCE}/${stale} is not what the docstrings say. Run: npm run generate`);
      return stale === null ? 0 : 1;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** One page a symbol, by entry. `schemas` is left out: its symbols are the contract's, told of in PROCEDURES.md. */
async function render(out: string): Promise<void> {
  const { exports } = JSON.parse(await readFile(join(sdk, 'package.json'), 'utf8')) as { exports: object };
  const entries = Object.keys(exports)
    .filter((path) => path !== './package.json' && path !== './schemas')
    .map((path) => `src/${path === '.' ? 'index' : path.slice(2)}.ts`);
  const options = [
    ...['--plugin', 'typedoc-plugin-markdown', '--out', out, '--tsconfig', '../tsconfig.json'],
    ...['--readme', 'none', '--name', '@authcenter/client', '--excludeExternals', '--skipErrorChecking'],
    ...['--disableSources', '--hideGenerator', '--logLevel', 'Error'],
  ];
  await run(process.execPath, [join(root, 'node_modules/typedoc/bin/typedoc'), ...options, ...entries], { cwd: sdk });
}

/** @returns the first file that differs; null when none does */
async function findDifference(written: string, wanted: string): Promise<string | null> {
  const list = async (folder: string) =>
    (await readdir(folder, { recursive: true, encoding: 'utf8' }).catch(() => []))
      .filter((name) => name.endsWith('.md'))
      .sort();
  const [there, due] = [await list(written), await list(wanted)];
  for (const name of new Set([...there, ...due])) {
    const [is, should] = await Promise.all(
      [written, wanted].map((folder) => readFile(join(folder, name), 'utf8').catch(() => null)),
    );
    if (is !== should) return name;
  }
  return null;
}
