// From what JSON and query strings can carry to what a schema expects: dates, and in queries numbers, booleans, arrays. The schema itself is never touched.
import { z } from 'zod';

export type Source = 'json' | 'query';
/** Null where the schema expects nothing that needs decoding. */
export type Decoder = ((value: unknown) => unknown) | null;

const IsoDateTime = z.iso.datetime({ offset: true });

/** Works a decoder out once; what does not fit is passed on as it came, for the schema to refuse. */
export function compileDecoder(schema: z.core.$ZodType, source: Source): Decoder {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'catch':
    case 'nonoptional':
      return compileDecoder(def.innerType, source);
    case 'pipe':
      return compileDecoder(def.in, source);
    case 'date':
      return onString((text) => (IsoDateTime.safeParse(text).success ? new Date(text) : text));
    case 'number':
      return source === 'query'
        ? onString((text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text))
        : null;
    case 'boolean':
      return source === 'query' ? onString((text) => (text === 'true' ? true : text === 'false' ? false : text)) : null;
    case 'bigint':
      return onString((text) => (/^-?\d{1,40}$/.test(text) ? BigInt(text) : text));
    case 'array':
      return arrayDecoder(compileDecoder(def.element, source), source);
    case 'object':
      return objectDecoder(def.shape, source);
    case 'union':
      return unionDecoder(def.options, source);
    default:
      return null;
  }
}

const onString =
  (decode: (text: string) => unknown): Decoder =>
  (value) =>
    typeof value === 'string' ? decode(value) : value;

function arrayDecoder(item: Decoder, source: Source): Decoder {
  if (item === null && source === 'json') return null;
  // A list of one stands in a query as a single value.
  return (value) => {
    const list = Array.isArray(value) || source === 'json' || value === undefined ? value : [value];
    return Array.isArray(list) && item ? list.map(item) : list;
  };
}

function objectDecoder(shape: Readonly<Record<string, z.core.$ZodType>>, source: Source): Decoder {
  const fields = Object.entries(shape).flatMap(([name, field]) => {
    const decode = compileDecoder(field, source);
    return decode ? [[name, decode] as const] : [];
  });
  if (fields.length === 0) return null;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const decoded: Record<string, unknown> = { ...value };
    for (const [name, decode] of fields) if (Object.hasOwn(decoded, name)) decoded[name] = decode(decoded[name]);
    return decoded;
  };
}

/** Of several forms the one that fits, once decoded. */
function unionDecoder(options: readonly z.core.$ZodType[], source: Source): Decoder {
  const forms = options.map((option) => ({ option, decode: compileDecoder(option, source) }));
  if (forms.every(({ decode }) => decode === null)) return null;
  return (value) => {
    for (const { option, decode } of forms) {
      const decoded = decode ? decode(value) : value;
      if (z.safeParse(option, decoded).success) return decoded;
    }
    return value;
  };
}
