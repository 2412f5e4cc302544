// A bar on the terminal while something takes long; nothing where nobody looks.

const WIDTH = 30;
const EVERY_MS = 100;

export interface Progress {
  /** @param share - from 0 to 1 */
  show(share: number, lines: number): void;
  end(): void;
}

export function startProgress(out: NodeJS.WriteStream): Progress {
  const started = performance.now();
  let shown = 0;
  if (!out.isTTY) return { show: () => undefined, end: () => undefined };
  return {
    show(share, lines) {
      const now = performance.now();
      if (now - shown < EVERY_MS && share < 1) return;
      shown = now;
      const filled = Math.round(Math.min(share, 1) * WIDTH);
      const rate = Math.round(lines / Math.max((now - started) / 1000, 0.001));
      const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
      out.write(`\r${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${lines} lines  ${rate}/s  `);
    },
    end: () => void out.write('\n'),
  };
}
