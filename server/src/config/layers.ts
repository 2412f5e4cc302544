// Files, environment and overrides as layers of one tree, with the place where each key was set.
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Document, ParsedNode } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Problem } from './problems.ts';

type Tree = { [key: string]: unknown };

export interface Layer {
  tree: Tree;
  /** Dotted key → `file:line` or the variable's name. */
  places: Map<string, string>;
  problems: Problem[];
}

const unset = Symbol('unset variable');

/** Stands for a `${VARIABLE}` that is not set, until a later layer gives the key a value. */
interface UnsetVariable {
  [unset]: string;
}

/** Short names of the environment; the long form `AUTHCENTER__SERVER__PORT` reaches every key and wins over them. */
const shortNames: Readonly<Record<string, string>> = {
  PORT: 'server.port',
  HOST: 'server.host',
  PUBLIC_URL: 'server.public_url',
  MONGODB_URI: 'mongodb.uri',
  JWT_PRIVATE_KEY_PATH: 'jwt.private_key_path',
  SMTP_URL: 'mail.smtp_url',
  AUDIT_KEY: 'audit.key',
  LOG_LEVEL: 'log.level',
};

const longPrefix = 'AUTHCENTER__';

export function readFileLayer(file: string, context: { key: string; env: NodeJS.ProcessEnv; cwd: string }): Layer {
  const layer: Layer = { tree: {}, places: new Map(), problems: [] };
  const path = resolve(context.cwd, file);
  const shown = relative(context.cwd, path).startsWith('..') ? path : relative(context.cwd, path);
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const message = `${path} cannot be read (${errorCode(error)})`;
    layer.problems.push({ key: context.key, where: context.key, message, mend: 'Name a YAML file that can be read' });
    return layer;
  }

  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number | undefined) => `${shown}:${lines.linePos(offset ?? 0).line}`;
  const mend = 'Mend the YAML';
  for (const error of document.errors) {
    layer.problems.push({ key: '(file)', where: at(error.pos[0]), message: error.message, mend });
  }
  if (layer.problems.length > 0 || document.contents === null) return layer;

  const tree = readNode(document.contents, [], { document, env: context.env, places: layer.places, at });
  if (isTree(tree)) layer.tree = tree;
  else layer.problems.push({ key: '(file)', where: at(0), message: 'the file holds no keys', mend });
  return layer;
}

interface Reading {
  document: Document.Parsed;
  env: NodeJS.ProcessEnv;
  places: Map<string, string>;
  at(offset: number | undefined): string;
}

/** A node as a plain value; keys without a value are left out, as if they were not written. */
function readNode(node: unknown, path: readonly string[], reading: Reading): unknown {
  if (isAlias(node)) return readNode(node.resolve(reading.document), path, reading);
  if (isSeq<ParsedNode>(node))
    return node.items.map((item, index) => readNode(item, [...path, String(index)], reading));
  if (isMap(node)) {
    const entries = node.items.flatMap(({ key, value }): [string, unknown][] => {
      const name = String(isScalar(key) ? key.value : key);
      const below = [...path, name];
      reading.places.set(below.join('.'), reading.at(isScalar(key) ? key.range?.[0] : undefined));
      const read = readNode(value, below, reading);
      return read === null || read === undefined ? [] : [[name, read]];
    });
    return Object.fromEntries(entries);
  }
  if (!isScalar(node)) return undefined;
  return typeof node.value === 'string' ? interpolate(node.value, reading.env) : node.value;
}

/** Replaces `${VAR}` and `${VAR:-default}`. The outcome stays text, so that no secret is ever read as a number. */
function interpolate(value: string, env: NodeJS.ProcessEnv): string | UnsetVariable {
  let missing: string | undefined;
  const text = value.replaceAll(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name: string, fallback?: string) => {
    const given = env[name] || fallback;
    if (given === undefined) missing ??= name;
    return given ?? '';
  });
  return missing === undefined ? text : { [unset]: missing };
}

export function readEnvironmentLayer(env: NodeJS.ProcessEnv): Layer {
  const layer: Layer = { tree: {}, places: new Map(), problems: [] };
  const short = Object.entries(shortNames).map(([name, key]) => [name, key] as const);
  const long = Object.keys(env)
    .filter((name) => name.startsWith(longPrefix))
    .map((name) => [name, name.slice(longPrefix.length).toLowerCase().replaceAll('__', '.')] as const);
  for (const [name, key] of [...short, ...long]) {
    const value = env[name];
    if (value === undefined || value === '') continue;
    const path = key.split('.');
    layer.tree = merge(
      layer.tree,
      path.reduceRight<unknown>((inner, part) => Object.fromEntries([[part, inner]]), value),
    );
    layer.places.set(key, name);
  }
  return layer;
}

export function overrideLayer(tree: object): Layer {
  const places = new Map<string, string>();
  const walk = (value: unknown, path: readonly string[]): void => {
    if (!isTree(value)) places.set(path.join('.'), 'overrides');
    else for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(tree, []);
  return { tree: { ...tree }, places, problems: [] };
}

/** One layer of all; a variable that is still not set after the last of them is a problem. */
export function stackLayers(layers: readonly Layer[]): Layer {
  const stacked: Layer = {
    tree: layers.reduce<Tree>((below, layer) => merge(below, layer.tree), {}),
    places: new Map(layers.flatMap((layer) => [...layer.places])),
    problems: layers.flatMap((layer) => layer.problems),
  };
  stacked.tree = withoutUnset(stacked.tree, [], stacked);
  return stacked;
}

function withoutUnset(tree: Tree, path: readonly string[], layer: Layer): Tree {
  const entries = Object.entries(tree).flatMap(([name, value]): [string, unknown][] => {
    const below = [...path, name];
    if (isTree(value)) return [[name, withoutUnset(value, below, layer)]];
    const missing: unknown = Array.isArray(value) ? value.find(isUnset) : value;
    if (!isUnset(missing)) return [[name, value]];
    const variable = missing[unset];
    const mend = `Set ${variable}, or write a default: \${${variable}:-…}`;
    const message = `the variable ${variable} is not set`;
    layer.problems.push({ key: below.join('.'), where: findPlace(layer, below), message, mend });
    return [];
  });
  return Object.fromEntries(entries);
}

/** Where a key was set, or one below it, or the nearest one above it. */
export function findPlace(layer: Layer, path: readonly PropertyKey[]): string {
  const key = path.join('.');
  const inner = [...layer.places].find(([place]) => place.startsWith(`${key}.`));
  if (inner !== undefined && !layer.places.has(key)) return inner[1];
  for (let length = path.length; length > 0; length--) {
    const place = layer.places.get(path.slice(0, length).join('.'));
    if (place !== undefined) return place;
  }
  return 'not set anywhere';
}

function merge(below: unknown, above: unknown): Tree {
  const merged: Tree = isTree(below) ? { ...below } : {};
  if (!isTree(above)) return merged;
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const both = isTree(value) && isTree(merged[key]);
    Object.defineProperty(merged, key, {
      value: both ? merge(merged[key], value) : value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return merged;
}

const isUnset = (value: unknown): value is UnsetVariable =>
  typeof value === 'object' && value !== null && unset in value;

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isUnset(value);

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
