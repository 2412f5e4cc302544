// Text that came from elsewhere, made fit for one line.

/**
 * Without control, formatting and private characters; a run of spaces is one. What joins emoji (U+200D) stays.
 *
 * @param max - in code points
 */
export function cleanText(raw: string, max: number): string {
  // Nobody's name is longer than ten times the limit; the rest need not be looked at.
  const line = raw
    .slice(0, max * 10)
    .replaceAll(/(?!\u200d)[\p{Cf}\p{Cs}\p{Co}]/gu, '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return [...line].slice(0, max).join('').trim();
}
