// What components are told that have nothing above them, and that a client is theirs alone that stands above them.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement, type ReactElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import { createAuthCenter } from '../../../client-sdk/src/index.ts';
import { AuthProvider, Can, useAuth, useCan } from '../../../client-sdk/src/react.ts';
import { createQueries, useAuthCenterQueries } from '../../../client-sdk/src/react-query.ts';

const center = createAuthCenter({ url: 'https://auth.example.com' });
const render = (use: () => unknown, wrap = (inner: ReactElement) => inner): string =>
  renderToString(wrap(createElement(() => createElement('p', null, String(use())))));

test.each([
  ['useAuth', useAuth],
  ['useCan', () => useCan('user:READ')],
  ['useAuthCenterQueries', useAuthCenterQueries],
])('%s says what it needs', (name, use) => {
  expect(() => render(use)).toThrow(`${name} needs an <AuthProvider> above it`);
});

test('useAuthCenterQueries says that it needs a cache', () => {
  const wrap = (inner: ReactElement) => createElement(AuthProvider, { center }, inner);
  expect(() => render(useAuthCenterQueries, wrap)).toThrow('QueryClient');
});

test('the client of the nearest provider counts, and its queries are those that are made outside', () => {
  const other = createAuthCenter({ url: 'https://other.example.com' });
  const queryClient = new QueryClient();
  const wrap = (inner: ReactElement) =>
    createElement(
      QueryClientProvider,
      { client: queryClient },
      createElement(AuthProvider, { center: other }, createElement(AuthProvider, { center }, inner)),
    );
  const keyOf = (queries: ReturnType<typeof useAuthCenterQueries>) => JSON.stringify(queries.auth.me.queryKey());
  let seen = '';
  render(() => {
    seen = keyOf(useAuthCenterQueries());
  }, wrap);
  expect(seen).toBe(keyOf(createQueries(center, queryClient)));
  expect(seen).not.toBe(keyOf(createQueries(other, queryClient)));
});

test('<Can> shows nothing, and no fallback, while nothing is known', () => {
  const can = createElement(Can, { permission: 'user:READ', fallback: 'no' }, 'yes');
  expect(renderToString(createElement(AuthProvider, { center }, can))).toBe('');
});
