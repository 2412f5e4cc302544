// The lockfile is whole: `npm ci` refuses one in which a platform's package is missing, though that platform is another.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface LockedPackage {
  version?: string;
  optionalDependencies?: Record<string, string>;
}

const path = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockedPackage> };

test('every optional dependency of a locked package is locked too', () => {
  const locked = new Set(Object.keys(lock.packages).map((key) => key.slice(key.lastIndexOf('node_modules/'))));
  const missing = Object.entries(lock.packages).flatMap(([key, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !locked.has(`node_modules/${name}`))
      .map((name) => `${key} wants ${name}`),
  );
  expect(missing).toEqual([]);
});

test('no package comes from a named host', () => {
  const resolved = Object.values(lock.packages).flatMap((entry) =>
    'resolved' in entry ? [String(entry.resolved)] : [],
  );
  expect(resolved.filter((url) => url.includes('://'))).toEqual([]);
});
