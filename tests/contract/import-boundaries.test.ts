// Who may import what: one table over the rooms of the house, held against every import there is.
import { describe, expect, test } from 'vitest';
import { type Import, listSourceFiles, parseImports, readImports, readJson } from '../support/imports.ts';

interface Rule {
  /** The files that the rule is about. */
  room: RegExp;
  /** When given, everything else is forbidden. */
  only?: readonly RegExp[];
  never?: readonly RegExp[];
  /** `free`: an import that leaves nothing behind at run time is not looked at. */
  types: 'free' | 'checked';
}

const zod = /^zod$/;
const trpc = /^@trpc\//;
const tanstack = /^@tanstack\/|^@trpc\/tanstack-|^client-sdk\/src\/react\/(queries|forget)\.ts$/;
const fastify = /^@?fastify(\/|$)/;
const mongodb = /^mongodb$/;
const node = /^node:/;
const shared = /^shared\//;
const server = /^server\//;
const sdk = /^client-sdk\//;
const http = /^server\/src\/http\//;
const database = /^server\/src\/database\//;
const features = /^server\/src\/features\//;
const router = /^server\/src\/features\/.*router\.ts$|^server\/src\/router\.ts$/;
const repository = /^server\/src\/features\/.*repository\.ts$/;
const procedure = /^server\/src\/(procedure|access)\.ts$/;
const assembled = /^server\/src\/(deps|app|main|router)\.ts$/;
const config = /^server\/src\/config(\.ts$|\/)/;

const rules: Readonly<Record<string, Rule>> = {
  'the tables that the SDK carries stand on nothing': {
    room: /^shared\/src\/(permissions|roles|errors|evaluator)\.ts$/,
    only: [/^shared\/src\/(permissions|roles|errors|evaluator)\.ts$/],
    types: 'checked',
  },
  'shared stands on zod alone': { room: /^shared\/src\//, only: [shared, zod], types: 'checked' },
  'a router declares: no database, no web server': {
    room: /^server\/src\/features\/.*router\.ts$/,
    only: [shared, zod, procedure, features],
    never: [repository],
    types: 'free',
  },
  'a policy has no effects': {
    room: /^server\/src\/features\/.*policy\.ts$/,
    only: [shared, /policy\.ts$/],
    types: 'free',
  },
  'a repository knows its documents and no business': {
    room: /^server\/src\/features\/.*repository\.ts$/,
    never: [/service\.ts$/, repository, router, http, trpc, fastify, assembled, procedure],
    types: 'free',
  },
  'whatever else a feature holds knows no door and no wire': {
    room: /^server\/src\/features\/(?!.*(router|policy|repository)\.ts$)/,
    never: [trpc, fastify, http, router, assembled, procedure],
    types: 'free',
  },
  'no feature names a web type': { room: features, never: [fastify, http], types: 'checked' },
  'platform and database know no feature and no door': {
    room: /^server\/src\/(platform|database)\/(?!migrations\/)/,
    never: [features, http, trpc, fastify, assembled, procedure],
    types: 'free',
  },
  'the doors call procedures, not services': {
    room: http,
    never: [/^server\/src\/features\/.*(service|repository|policy)\.ts$/],
    types: 'free',
  },
  'what is built once knows no door': { room: /^server\/src\/deps\.ts$/, never: [router, http], types: 'free' },
  'configuration stands alone': { room: config, never: [/^server\/src\/(?!config)/, shared], types: 'checked' },
  'the server knows neither SDK nor scripts': { room: server, never: [sdk, /^(scripts|tests)\//], types: 'checked' },
  'the SDK holds no server': { room: sdk, never: [server, mongodb, fastify, database], types: 'free' },
  'the SDK runs anywhere, but for the one file that listens': {
    room: /^client-sdk\/src\/(?!testing\/doors\/listen\.ts)/,
    never: [node],
    types: 'free',
  },
  'the hooks of the session do without TanStack Query': {
    room: /^client-sdk\/src\/(?!react(-query)?\.ts$|react\/(queries|forget)\.ts$)/,
    never: [tanstack],
    types: 'checked',
  },
  'the client knows no React': {
    room: /^client-sdk\/src\/(?!react(-query)?\.ts$|react\/)/,
    never: [/^react$/, /^client-sdk\/src\/react/],
    types: 'checked',
  },
  'the SDK takes the zod-free part of shared': {
    room: /^client-sdk\/src\/(?!schemas|testing)/,
    never: [zod, /^shared\/src\/(?!permissions|roles|errors|evaluator)/],
    types: 'free',
  },
};

/** A feature may call the services of those after it, never the other way. */
const featureOrder = ['system', 'ai', 'knowledge', 'auth', 'users', 'rbac'];

const files = ['shared/src', 'server/src', 'client-sdk/src'].flatMap((folder) => {
  try {
    return listSourceFiles(folder);
  } catch {
    return [];
  }
});
const imports = files.flatMap(readImports);

function breaks(rule: Rule, { file, target, typeOnly }: Import): boolean {
  if (!rule.room.test(file) || (typeOnly && rule.types === 'free')) return false;
  if (rule.only && !rule.only.some((allowed) => allowed.test(target))) return true;
  return rule.never?.some((forbidden) => forbidden.test(target)) ?? false;
}

const show = ({ file, line, target }: Import): string => `${file}:${line} imports ${target}`;

describe('import boundaries', () => {
  test('the walk sees the sources', () => {
    expect(files.length).toBeGreaterThan(10);
    expect(imports.length).toBeGreaterThan(files.length);
  });

  test.each(Object.entries(rules))('%s', (_name, rule) => {
    expect(imports.filter((entry) => breaks(rule, entry)).map(show)).toEqual([]);
  });

  test('features call each other in one order', () => {
    const featureOf = (path: string) => /^server\/src\/features\/([^/]+)\//.exec(path)?.[1];
    const backwards = imports.filter(({ file, target, typeOnly }) => {
      const [from, to] = [featureOf(file), featureOf(target)];
      if (typeOnly || from === undefined || to === undefined || from === to) return false;
      return featureOrder.indexOf(from) > featureOrder.indexOf(to);
    });
    expect(backwards.map(show)).toEqual([]);
    expect(files.map(featureOf).filter((name) => name !== undefined && !featureOrder.includes(name))).toEqual([]);
  });
});

describe('what is imported is there', () => {
  test('the SDK names the type of the router in one file', () => {
    const naming = imports.filter(({ file, target }) => sdk.test(file) && server.test(target));
    expect([...new Set(naming.map(({ file }) => file))].length).toBeLessThanOrEqual(1);
    expect(naming.filter(({ target }) => target !== 'server/src/router.ts').map(show)).toEqual([]);
  });

  test.each(['shared', 'server', 'client-sdk'])('%s declares every package that it imports', (workspace) => {
    const manifest = readJson(`${workspace}/package.json`);
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies };
    const undeclared = imports.filter(
      ({ file, target, typeOnly }) =>
        file.startsWith(`${workspace}/`) &&
        !/^node:|^(shared|server|client-sdk)\//.test(target) &&
        !(target in declared || (typeOnly && `@types/${target}` in declared)),
    );
    expect(undeclared.map(show)).toEqual([]);
  });
});

describe('the reading of imports', () => {
  const read = (text: string) =>
    parseImports('server/src/features/users/service.ts', text).map(({ target, typeOnly }) => [target, typeOnly]);

  test('finds every form', () => {
    expect(read("import { a } from './policy.ts';")).toEqual([['server/src/features/users/policy.ts', false]]);
    expect(read("import type { A } from '../../deps.ts';")).toEqual([['server/src/deps.ts', true]]);
    expect(read("import { type A } from 'mongodb';")).toEqual([['mongodb', false]]);
    expect(read("export * from '@trpc/server/adapters/fastify';")).toEqual([['@trpc/server', false]]);
    expect(read("export type { A } from 'zod/v4';")).toEqual([['zod', true]]);
    expect(read("const later = () => import('node:fs');")).toEqual([['node:fs', false]]);
    expect(read("let a: import('fastify').FastifyInstance;")).toEqual([['fastify', true]]);
    expect(read("import '@authcenter/shared/roles';")).toEqual([['shared/src/roles.ts', false]]);
    expect(read("// import { a } from 'fastify';")).toEqual([]);
  });

  test('a rule catches what it forbids', () => {
    const [entry] = parseImports('server/src/features/users/policy.ts', "import { MongoClient } from 'mongodb';");
    const rule = rules['a policy has no effects'];
    expect(rule && entry && breaks(rule, entry)).toBe(true);
  });
});
