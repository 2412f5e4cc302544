// `npm run bench -- <suite> [--short] [--only <part>] [--json <file>]`: measures, prints a table, writes JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openLab } from './harness/lab.ts';
import { isMet, printSection, type Section, writeReport } from './harness/report.ts';
import { suites } from './suites.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    profile: { type: 'string' },
  },
});

const [name = 'foundation'] = positionals;
const suite = suites[name];
const parts = Object.entries(suite ?? {}).filter(([part]) => values.only?.includes(part) ?? true);
if (suite === undefined || parts.length === 0) {
  console.error(
    `usage: npm run bench -- <${Object.keys(suites).join('|')}> [--short] [--json file] [--profile folder]`,
  );
  for (const [known, measurements] of Object.entries(suites))
    console.error(`       [--only part]…  parts of ${known}: ${Object.keys(measurements).join(', ')}`);
  process.exit(2);
}

const startedAt = new Date();
const sections: Section[] = [];
const lab = await openLab({ short: values.short, profileInto: values.profile });
try {
  for (const [part, measure] of parts) {
    console.error(`… ${part}`);
    const section = await measure(lab).catch((error: unknown) => ({
      title: part,
      rows: [],
      note: `ended by ${error instanceof Error ? error.message : String(error)}`,
    }));
    sections.push(section);
    console.log(`\n${printSection(section)}`);
  }
} finally {
  await lab.close();
}

const rows = sections.flatMap((section) => section.rows);
const missed = rows.filter((row) => isMet(row) === false).length;
const file = resolve(values.json ?? `.data/bench/${name}.json`);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, writeReport(name, sections, startedAt));
console.log(`\n${rows.filter((row) => isMet(row)).length} targets met, ${missed} missed; figures in ${file}`);
