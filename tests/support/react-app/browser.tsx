// The application in a browser: takes over what the server rendered, and lies open to a test as `app`.
import { QueryClient } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { createAuthCenter } from '../../../client-sdk/src/index.ts';
import { App, createProbe } from './app.tsx';

const { documentElement, getElementById } = Reflect.get(globalThis, 'document');
const find: typeof getElementById = getElementById.bind(Reflect.get(globalThis, 'document'));

const center = createAuthCenter({ url: documentElement.dataset.api, storage: 'cookie' });
const queryClient = new QueryClient();
const probe = createProbe();
/** What React had to mend, or complained of. */
const complaints: string[] = [];
const complain = Reflect.get(console, 'error');
Reflect.set(console, 'error', (...facts: unknown[]) => {
  complaints.push(facts.map(String).join(' '));
  complain(...facts);
});

hydrateRoot(
  find('root'),
  <StrictMode>
    <App center={center} queryClient={queryClient} probe={probe} />
  </StrictMode>,
  { onRecoverableError: (error) => complaints.push(String(error)) },
);
export const app = { center, queryClient, probe, complaints };
Reflect.set(globalThis, 'app', app);
