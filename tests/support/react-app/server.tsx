// The application on a server, where there is no window: rendered to text.
import { QueryClient } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { createAuthCenter } from '../../../client-sdk/src/index.ts';
import { App, createProbe } from './app.tsx';

/** @param isKnown - whether to wait until the client knows who is signed in on the server: nobody */
export async function render(url: string, isKnown = false): Promise<string> {
  const center = createAuthCenter({ url });
  if (isKnown) await center.auth.ready();
  const probe = createProbe();
  return renderToString(
    <StrictMode>
      <App center={center} queryClient={new QueryClient()} probe={probe} />
    </StrictMode>,
  );
}
