// Installs the packages when they are missing or older than the lockfile; runs on whatever Node the machine has.
// npm puts node_modules/.bin in front of PATH, so the script after this one runs on the Node that came with the packages.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const smallestNode = 20;

/** What a lockfile says is installed, without what npm keeps of it only in one of its two copies. */
function readPackages(path) {
  try {
    const { packages } = JSON.parse(readFileSync(path, 'utf8'));
    return packages;
  } catch {
    return null;
  }
}

/** The packages of the lockfile that `node_modules` lacks or has in another version; those for other systems may be absent. */
function listStale() {
  const wanted = readPackages(`${root}package-lock.json`);
  const installed = readPackages(`${root}node_modules/.package-lock.json`);
  if (wanted === null) return [];
  if (installed === null) return ['node_modules'];
  return Object.entries(wanted)
    .filter(([path]) => path.includes('node_modules/'))
    .filter(([path, entry]) => {
      const present = installed[path];
      if (present === undefined) return !entry.optional && !entry.devOptional && !entry.peer;
      return present.version !== entry.version || present.integrity !== entry.integrity;
    })
    .map(([path]) => path);
}

function stopWith(message) {
  console.error(message);
  process.exit(1);
}

if (Number.parseInt(process.versions.node, 10) < smallestNode) {
  stopWith(`Node ${process.versions.node} is too old to install AuthCenter: at least Node ${smallestNode} is needed.`);
}

const stale = listStale();
if (stale.length > 0) {
  const reason = existsSync(`${root}node_modules`) ? 'are older than package-lock.json' : 'are not installed yet';
  console.error(`authcenter: the packages ${reason}; running npm ci …`);
  const started = Date.now();
  // npm names its own script when it runs one; that is the npm the person called, whatever else is on PATH.
  const npmScript = process.env.npm_execpath;
  const [command, first] = npmScript ? [process.execPath, [npmScript]] : ['npm', []];
  const result = spawnSync(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // npm prints its summary on stdout; a script's stdout belongs to the script (`authcenter openapi > file`).
    stdio: ['ignore', 2, 2],
  });
  if (result.error)
    stopWith(`authcenter: npm could not be started (${result.error.message}). Install npm, then run: npm ci`);
  if (result.status !== 0) {
    stopWith(
      'authcenter: npm ci failed, its reason stands above. Mend that (network, registry, disk), then run: npm ci',
    );
  }
  console.error(`authcenter: packages installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

// The `node` package brings its binary by an install script; without it the next script would run on the machine's Node.
const pinned = `${root}node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`;
const wantedNode = 24;
if (Number.parseInt(process.versions.node, 10) < wantedNode && !existsSync(pinned)) {
  stopWith(
    `authcenter: Node ${process.versions.node} cannot run the TypeScript sources and the Node ${wantedNode} that comes with the packages ` +
      'is missing (install scripts are probably off). Run: npm rebuild node --ignore-scripts=false',
  );
}
