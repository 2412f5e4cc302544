// The front end: one client of AuthCenter, one cache, and the page.
import { createAuthCenter } from '@authcenter/client';
import { AuthProvider } from '@authcenter/client/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

// The address is filled in when the page is built; the refresh token stays in a cookie that no script reads.
const center = createAuthCenter({
  url: import.meta.env['VITE_AUTHCENTER_URL'] ?? 'http://localhost:8080',
  storage: 'cookie',
});

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <QueryClientProvider client={new QueryClient()}>
      <AuthProvider center={center}>
        <App />
      </AuthProvider>
    </QueryClientProvider>,
  );
