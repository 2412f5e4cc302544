// The page: who is signed in, and the people of the company for whoever may read them.
import { AuthCenterError } from '@authcenter/client';
import { Can, useAuth } from '@authcenter/client/react';
import { useAuthCenterQueries } from '@authcenter/client/react-query';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

export function App() {
  const auth = useAuth();
  if (auth.status === 'loading') return <p role="status">{auth.error ? auth.error.message : '…'}</p>;
  if (auth.status === 'signed-out') return <SignIn />;
  return (
    <main>
      <h1>Hello, {auth.user.username}</h1>
      <Can permission="user:READ" fallback={<p>The list of people is not for you.</p>}>
        <People />
      </Can>
      <button type="button" onClick={() => auth.logout()}>
        Sign out
      </button>
    </main>
  );
}

function SignIn() {
  const { login } = useAuth();
  const [complaint, setComplaint] = useState('');

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [username, password] = ['username', 'password'].map((name) => String(form.get(name)));
    try {
      const result = await login({ username: username ?? '', password: password ?? '' });
      if (result.status !== 'ok') setComplaint(`One more step: ${result.status}`);
    } catch (error) {
      setComplaint(error instanceof AuthCenterError ? error.message : String(error));
    }
  }

  return (
    <form onSubmit={submit}>
      <input name="username" placeholder="User name or e-mail" autoComplete="username" required />
      <input name="password" type="password" placeholder="Password" autoComplete="current-password" required />
      <button type="submit">Sign in</button>
      <p role="alert">{complaint}</p>
    </form>
  );
}

function People() {
  const queries = useAuthCenterQueries();
  const { data } = useQuery(queries.users.list.queryOptions({ limit: 50, sort: 'username' }));
  return (
    <ul>
      {data?.items.map(({ id, username }) => (
        <li key={id}>{username}</li>
      ))}
    </ul>
  );
}
