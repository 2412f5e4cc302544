// The kinds of value a configuration key may have. Each reads YAML values and the strings of the environment alike.
import { isIP } from 'node:net';
import ms from 'ms';
import { parse } from 'yaml';
import { z } from 'zod';

/** What `config print` has to know of a key; it travels as zod metadata. */
export interface FieldMeta extends Record<string, unknown> {
  print: 'plain' | 'duration' | 'rate' | 'secret' | 'url' | 'structure';
  /** What may be given, for a person; and for a program, where it can be said so. */
  mend?: string;
  bounds?: Bounds;
}

export interface Bounds {
  min?: number | string;
  max?: number | string;
  options?: readonly string[];
}

export interface Rate {
  points: number;
  seconds: number;
}

interface FieldOptions<Out> {
  mend: string;
  print?: FieldMeta['print'];
  bounds?: Bounds;
  /** Undefined when the value cannot be read. */
  read(raw: unknown): Out | undefined;
}

/** A key of a kind of its own; secrets and URLs, which may carry credentials, are never echoed in messages. */
function field<In, Out>({ mend, print = 'plain', bounds = {}, read }: FieldOptions<Out>) {
  return z
    .custom<In>(() => true)
    .transform((raw, ctx): Out => {
      const value = raw === undefined ? undefined : read(raw);
      if (value !== undefined) return value;
      const shown = print === 'secret' || print === 'url' ? 'the value cannot be used' : `${show(raw)} cannot be used`;
      ctx.addIssue({ code: 'custom', message: raw === undefined ? 'is missing' : shown, params: { mend }, input: raw });
      return z.NEVER;
    })
    .meta({ print, mend, bounds } satisfies FieldMeta);
}

/** A value for a message: short, on one line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

export const text = (mend = 'Give some text (numbers in quotes)') => field<string, string>({ mend, read: readText });

export const secret = (mend = 'Give the secret as text, through an environment variable rather than in the file') =>
  field<string, string>({ mend, print: 'secret', read: readText });

/** Several secrets: a list, or comma separated. */
export const secrets = (mend: string) =>
  field<readonly string[] | string, string[]>({
    mend,
    print: 'secret',
    read: (raw) => {
      const items: unknown = typeof raw === 'string' ? splitList(raw) : raw;
      if (!Array.isArray(items)) return undefined;
      const read = items.map(readText).filter((item) => item !== undefined);
      return read.length === items.length ? read : undefined;
    },
  });

function readText(raw: unknown): string | undefined {
  return typeof raw === 'string' && raw !== '' ? raw : undefined;
}

export function matching(pattern: RegExp, mend: string) {
  return field<string, string>({
    mend,
    read: (raw) => (typeof raw === 'string' && pattern.test(raw) ? raw : undefined),
  });
}

/** A URL with credentials in it, as databases and mail servers have them. */
export function connectionUrl(pattern: RegExp, mend: string) {
  const read = (raw: unknown) => (typeof raw === 'string' && pattern.test(raw) ? raw : undefined);
  return field<string, string>({ mend, print: 'url', read });
}

/** `http(s)://host[:port]` and nothing behind it. */
export function origin(mend: string) {
  return field<string, string>({ mend, read: readOrigin });
}

export function readOrigin(raw: unknown): string | undefined {
  if (typeof raw !== 'string' || !/^https?:\/\/[^/?#@]+\/?$/.test(raw) || !URL.canParse(raw)) return undefined;
  return new URL(raw).origin;
}

/** By its IANA name. */
export const timeZone = () =>
  field<string, string>({
    mend: 'Give a time zone by its IANA name, such as Asia/Shanghai',
    read: (raw) => (typeof raw === 'string' && isTimeZone(raw) ? raw : undefined),
  });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

export function integer(min: number, max: number) {
  const mend = `Give a whole number from ${min} to ${max}`;
  return field<number | string, number>({ mend, bounds: { min, max }, read: (raw) => readInteger(raw, min, max) });
}

export function readInteger(raw: unknown, min: number, max: number): number | undefined {
  const value = typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : raw;
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
}

export function automaticOr(min: number, max: number) {
  const read = (raw: unknown) => (raw === 'auto' ? 'auto' : readInteger(raw, min, max));
  return field<number | string, number | 'auto'>({ mend: `Give auto or a whole number from ${min} to ${max}`, read });
}

export function flag() {
  const values = new Map<unknown, boolean>([
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
  ]);
  return field<boolean | 'true' | 'false', boolean>({ mend: 'Give true or false', read: (raw) => values.get(raw) });
}

export function choice<const T extends string>(...options: readonly T[]) {
  return field<T, T>({
    mend: `Give one of ${options.join(', ')}`,
    bounds: { options },
    read: (raw) => options.find((option) => option === raw),
  });
}

/** A duration with its unit → milliseconds. */
export function duration(min: ms.StringValue = '1s', max: ms.StringValue = '3650d') {
  return field<string, number>({
    mend: `Give a duration with its unit, such as 30s, 15m, 168h or 90d, from ${min} to ${max}`,
    print: 'duration',
    bounds: { min, max },
    read: (raw) => {
      if (typeof raw !== 'string' || !isDuration(raw)) return undefined;
      const value = ms(raw);
      return Number.isInteger(value) && value >= ms(min) && value <= ms(max) ? value : undefined;
    },
  });
}

// A bare number means milliseconds to the ms package, which nobody who writes 15 means.
const isDuration = (raw: string): raw is ms.StringValue => /^\d+(\.\d+)?\s*(ms|s|m|h|d|w)$/.test(raw);

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `600/m` → points in seconds. */
export function rate() {
  return field<string, Rate>({
    mend: 'Give a number and a unit of time, such as 600/m (s, m, h or d)',
    print: 'rate',
    read: (raw) => {
      const [, points, unit] = (typeof raw === 'string' && /^([1-9]\d{0,8})\/([smhd])$/.exec(raw)) || [];
      if (points === undefined || unit === undefined) return undefined;
      return { points: Number(points), seconds: secondsOf[unit as keyof typeof secondsOf] };
    },
  });
}

/** A list: YAML, or in one string comma separated or in YAML's flow form. */
export function list<T extends string>(readItem: (item: unknown) => T | undefined, mend: string, atLeast = 0) {
  return field<readonly T[] | string, T[]>({
    mend,
    read: (raw) => {
      const items: unknown = typeof raw === 'string' ? splitList(raw) : raw;
      if (!Array.isArray(items)) return undefined;
      const read = items.map(readItem).filter((item) => item !== undefined);
      return read.length === items.length && read.length >= atLeast ? read : undefined;
    },
  });
}

function splitList(raw: string): unknown {
  if (raw.trimStart().startsWith('[')) return parseFlow(raw);
  return raw.split(',').flatMap((item) => item.trim() || []);
}

export const textItem = (item: unknown): string | undefined => readText(item);

/** An address, a network in CIDR form, or a name that proxy-addr knows. */
export function addressItem(item: unknown): string | undefined {
  if (typeof item !== 'string') return undefined;
  if (['loopback', 'linklocal', 'uniquelocal'].includes(item)) return item;
  const [address = '', prefix, ...rest] = item.split('/');
  const version = isIP(address);
  const fits = prefix === undefined || readInteger(prefix, 0, version === 4 ? 32 : 128) !== undefined;
  return version !== 0 && fits && rest.length === 0 ? item : undefined;
}

/** A value with a shape of its own; a string is read as YAML, so that one variable can carry all of it. */
export function structure<T extends z.ZodType>(shape: T) {
  return z
    .preprocess((raw) => (typeof raw === 'string' ? parseFlow(raw) : raw), shape)
    .meta({ print: 'structure' } satisfies FieldMeta);
}

function parseFlow(raw: string): unknown {
  try {
    return parse(raw);
  } catch {
    return raw;
  }
}
