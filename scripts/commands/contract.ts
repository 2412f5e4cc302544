// `authcenter contract`: whether what callers were promised still holds, and the promise made anew with a version.
import { type Command, readAction } from './command.ts';

export const contractCommand: Command = {
  name: 'contract',
  usage: 'contract [check|accept]',
  summary: 'Checks that no caller of the promised contract breaks, or makes the present one the promise',
  details: [
    '',
    '  The promise is the OpenAPI document and the declarations of the SDK in client-sdk/contract/, as of a version.',
    '  `accept` goes with a release, and when something was added; it refuses what breaks callers unless the version says so.',
  ],
  async run(call) {
    const action = readAction(call, ['check', 'accept']);
    const breaks = await findUnannounced();
    for (const line of breaks) console.error(line);
    if (breaks.length > 0) {
      console.error(
        `\nThis breaks callers. Keep the old beside the new, or raise the version in client-sdk/package.json.`,
      );
      return 1;
    }
    if (action === 'accept') await accept();
    else console.log('The contract is kept.');
    return 0;
  },
};

// The compiler is loaded by this command alone.
const load = async () => ({
  ...(await import('../contract/files.ts')),
  ...(await import('../contract/find-breaks.ts')),
  ...(await import('../contract/version.ts')),
});

async function findUnannounced(): Promise<string[]> {
  const { findBreaks, readPresent, readPromised, saysItBreaks } = await load();
  const promised = await readPromised();
  if (!promised) return [];
  const present = await readPresent();
  if (saysItBreaks(promised.openapi.info.version, present.openapi.info.version)) return [];
  return findBreaks(promised, present);
}

async function accept(): Promise<void> {
  const { CONTRACT_FOLDER, readPresent, writePromised } = await load();
  await writePromised(await readPresent());
  console.log(`wrote ${CONTRACT_FOLDER}`);
}
