// Whether a version says that it breaks what was (https://semver.org).
import semver from 'semver';

/** A major version does; before the first one, a minor (item 4: anything may change, and people pin the minor). */
export function saysItBreaks(old: string, now: string): boolean {
  const difference = semver.gt(now, old) ? semver.diff(old, now) : null;
  return difference === 'major' || (semver.major(old) === 0 && difference === 'minor');
}
