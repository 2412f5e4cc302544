// One text for one value: JSON as RFC 8785 has it, so that whoever has the value gets the same bytes, in whatever language.

/** Dates, ids and bytes first become what JSON makes of them; what is undefined is left out. */
export function canonicalJson(value: unknown): string {
  const plain = hasToJson(value) ? value.toJSON() : value;
  if (typeof plain !== 'object' || plain === null) return JSON.stringify(plain) ?? 'null';
  if (Array.isArray(plain)) return `[${plain.map(canonicalJson).join(',')}]`;
  // Sorted by UTF-16 code units, which is how JavaScript sorts (RFC 8785 §3.2.3).
  const fields = plain as Readonly<Record<string, unknown>>;
  const names = Object.keys(fields).sort();
  const written = names.flatMap((name) =>
    fields[name] === undefined ? [] : `${JSON.stringify(name)}:${canonicalJson(fields[name])}`,
  );
  return `{${written.join(',')}}`;
}

const hasToJson = (value: unknown): value is { toJSON(): unknown } =>
  typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function';
