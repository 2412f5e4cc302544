// `npm run check`: everything that has to hold before a change is done, one line a step.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Step {
  name: string;
  command: readonly string[];
}

const bin = (name: string): string => `node_modules/.bin/${name}`;
const authcenter = (...args: string[]): string[] => [process.execPath, 'scripts/authcenter.ts', ...args];

// Import boundaries, the packed SDK and the README's examples are tests of their own, in tests/contract and tests/e2e.
const steps: readonly Step[] = [
  { name: 'format', command: [bin('biome'), 'format', '.'] },
  { name: 'lint', command: [bin('biome'), 'check', '--formatter-enabled=false', '--error-on-warnings', '.'] },
  { name: 'types', command: [process.execPath, 'node_modules/typescript7/bin/tsc', '-p', '.'] },
  { name: 'tests', command: [bin('vitest'), 'run'] },
  { name: 'openapi.json fresh', command: authcenter('openapi', 'check') },
  { name: 'permissions.md fresh', command: authcenter('permissions', 'check') },
  { name: 'PROCEDURES.md fresh', command: authcenter('procedures', 'check') },
  { name: 'procedures.ts fresh', command: authcenter('procedure-table', 'check') },
  { name: 'errors.md fresh', command: authcenter('errors', 'check') },
  { name: 'SDK reference fresh', command: authcenter('reference', 'check') },
  { name: 'contract kept', command: authcenter('contract', 'check') },
];

const { values } = parseArgs({
  options: {
    except: { type: 'string', multiple: true, default: [] },
    // Where a program finds how many steps passed and failed.
    counts: { type: 'string' },
  },
});

const results = steps
  .filter((step) => !values.except.includes(step.name))
  .map((step) => {
    const started = Date.now();
    console.log(`\n── ${step.name}`);
    const [command = '', ...args] = step.command;
    const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
    if (error !== undefined) console.error(error.message);
    return { name: step.name, ok: status === 0, seconds: (Date.now() - started) / 1000 };
  });

console.log('');
for (const { name, ok, seconds } of results) {
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(20)} ${seconds.toFixed(1).padStart(6)} s`);
}
const failed = results.filter(({ ok }) => !ok).length;
if (values.counts !== undefined) {
  writeFileSync(values.counts, JSON.stringify({ passed: results.length - failed, failed }));
}
process.exitCode = failed === 0 ? 0 : 1;
