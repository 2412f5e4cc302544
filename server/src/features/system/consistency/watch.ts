// The check of copies as it goes on by itself: by one instance at a time, told as a metric by all, and loudly when something differs.
import type { Deps } from '../../../deps.ts';
import { checkCopies } from './check.ts';

/** Of the interval: an instance whose turn comes a little early finds it due. */
const EARLY = 0.9;

export async function watchCopies(
  deps: Pick<Deps, 'database' | 'copyChecks' | 'clock' | 'log'>,
  interval: number,
): Promise<'checked' | 'not due'> {
  const now = deps.clock.now();
  if (!(await deps.copyChecks.claim(now, new Date(now.getTime() + interval * EARLY)))) return 'not due';
  const findings = await checkCopies(deps.database);
  await deps.copyChecks.note(
    deps.clock.now(),
    Object.fromEntries(findings.map(({ copy, differing }) => [copy, differing])),
  );
  for (const { copy, differing, where } of findings)
    if (differing > 0)
      deps.log.error.error(
        { copy, differing, where },
        'copies differ from their source: `authcenter check-consistency --repair` makes them true',
      );
  return 'checked';
}
