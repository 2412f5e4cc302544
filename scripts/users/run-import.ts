// `authcenter users import`: a rehearsal where one is wanted, then the real thing, and what is said of it.
import { type ImportReport, importUsers, type Problem } from '../../server/src/features/users/transfer/import.ts';
import { type CommandCall, UsageError } from '../commands/command.ts';
import { chooseFormat, type Format } from './format.ts';
import { type Workplace, withPeople } from './open.ts';
import { startProgress } from './progress.ts';
import { openText, type TextFile } from './read-text.ts';

/** Lines were skipped; the rest is in. */
const SOME_SKIPPED = 3;

export async function runImport(call: CommandCall, path: string | undefined): Promise<number> {
  if (path === undefined) throw new UsageError('Which file?');
  const format = chooseFormat(call.values['format'], path);
  const file = await openText(path);
  const [dryRun, strict] = [call.flags.has('dry-run'), call.flags.has('strict')];
  return withPeople(call, async (place) => {
    const started = performance.now();
    const problems: Problem[] = [];
    const pass = (dry: boolean) => runPass(place, { file, format, dryRun: dry, problems, json: call.json });
    const rehearsal = strict || dryRun ? await pass(true) : null;
    const stops = rehearsal !== null && (dryRun || rehearsal.skipped > 0);
    const report = stops ? rehearsal : await pass(false);
    const seconds = Math.round(performance.now() - started) / 1000;
    if (call.json) console.log(JSON.stringify({ ...report, seconds, problems }, null, 2));
    else console.log(describe(report, seconds, strict && stops && !dryRun));
    if (report.skipped === 0) return 0;
    return strict || report.imported + report.there_already === 0 ? 1 : SOME_SKIPPED;
  });
}

interface Pass {
  readonly file: TextFile;
  readonly format: Format;
  readonly dryRun: boolean;
  readonly problems: Problem[];
  readonly json: boolean;
}

async function runPass(place: Workplace, { file, format, dryRun, problems, json }: Pass): Promise<ImportReport> {
  const progress = startProgress(process.stderr);
  try {
    return await importUsers(place, format.read(file.read()), {
      dryRun,
      onProblem: (problem) => {
        if (json) problems.push(problem);
        else console.error(`line ${problem.line}: ${[problem.field, problem.message].filter(Boolean).join(' ')}`);
      },
      onProgress: (lines) => progress.show(file.size === 0 ? 1 : file.done() / file.size, lines),
    });
  } finally {
    progress.end();
  }
}

function describe(
  { dry_run, lines, imported, there_already, skipped }: ImportReport,
  seconds: number,
  stopped: boolean,
) {
  const rate = Math.round(lines / Math.max(seconds, 0.001));
  return [
    `${lines} lines: ${imported} ${dry_run ? 'would be imported' : 'imported'}, ${there_already} there already, ${skipped} skipped.`,
    `${seconds.toFixed(1)} s, ${rate} lines/s.`,
    ...(stopped ? ['Nothing was written, because of --strict.'] : []),
  ].join('\n');
}
