// The tRPC wire: superjson's format, read and written for the three types that the contract uses.

type Tag = 'Date' | 'undefined' | 'bigint';
type Container = Record<string, unknown>;

interface Wire {
  readonly json: unknown;
  readonly meta?: { readonly values?: unknown; readonly v?: number } | undefined;
}

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

const escapeKey = (key: string): string => key.replace(/\\/g, '\\\\').replace(/\./g, '\\.');

/** Splits a path at its unescaped dots. */
function readPath(path: string): string[] {
  const segments = [''];
  for (const [, escaped, char] of path.matchAll(/\\(.)|(.)/gs)) {
    if (char === '.') segments.push('');
    else segments.push(segments.pop() + (escaped ?? char ?? ''));
  }
  return segments;
}

function plain(value: unknown, path: string, note: (path: string, tag: Tag) => void): unknown {
  if (value === undefined) {
    note(path, 'undefined');
    return null;
  }
  if (typeof value === 'bigint') {
    note(path, 'bigint');
    return String(value);
  }
  if (value instanceof Date) {
    note(path, 'Date');
    // As superjson does: an invalid date is sent as '' and refused by the contract.
    return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  }
  if (!isContainer(value)) return value;
  const prefix = path === '' ? '' : `${path}.`;
  if (Array.isArray(value)) return value.map((item, index) => plain(item, `${prefix}${index}`, note));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, plain(item, prefix + escapeKey(key), note)]),
  );
}

function serialize(value: unknown): Wire {
  const tags: [path: string, tag: [Tag]][] = [];
  const json = plain(value, '', (path, tag) => tags.push([path, [tag]]));
  if (tags.length === 0) return { json };
  const isRoot = !isContainer(value) || value instanceof Date;
  return { json, meta: { values: isRoot ? tags[0]?.[1] : Object.fromEntries(tags), v: 1 } };
}

function revive(value: unknown, tag: unknown): unknown {
  if (tag === 'Date') return new Date(String(value));
  if (tag === 'bigint') return BigInt(String(value));
  return tag === 'undefined' ? undefined : value;
}

/** Annotations are a tree: `[tag]` at a leaf, `{ path: annotations }` above. */
function annotate(holder: Container, key: string, tree: unknown): void {
  if (!Object.hasOwn(holder, key)) return;
  if (Array.isArray(tree)) {
    holder[key] = revive(holder[key], tree[0]);
    return;
  }
  for (const [path, subtree] of Object.entries(tree ?? {})) {
    const segments = readPath(path);
    const last = segments.pop() ?? '';
    const inner = segments.reduce<unknown>(
      (at, segment) => (isContainer(at) && Object.hasOwn(at, segment) ? at[segment] : undefined),
      holder[key],
    );
    if (isContainer(inner)) annotate(inner, last, subtree);
  }
}

function deserialize(wire: Wire): unknown {
  const root = { json: wire.json };
  // What is the same object twice on the server arrives written out twice: `referentialEqualities` needs no reading.
  annotate(root, 'json', wire.meta?.values);
  return root.json;
}

export const wire = { serialize, deserialize };
