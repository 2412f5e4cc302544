// Third parties: signing in by them, linking and unlinking. Nobody is ever sent to their pages: who agrees there is known.

import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { callingUser } from '../people/calling-user.ts';
import { findLinked, isLinkedTo, link, requireProvider } from '../people/identities.ts';
import { recordRegistration } from '../people/registration.ts';
import { addUser, raiseEpoch, type UserRecord } from '../people/users.ts';
import { requireOtherWay, requireProven } from '../people/ways-in.ts';
import { newUsername } from '../random.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { issueCode } from '../sign-in/authorization-codes.ts';
import type { World } from '../world.ts';

export const thirdPartyAnswers = {
  'auth.oauth.providers': ({ providers }) => ({
    items: [...providers.keys()].map((id) => ({ id, kind: id, display_name: id })),
  }),

  'auth.oauth.authorize': (world, input, call) => {
    const { provider, client_id, redirect_uri, state, code_challenge } = input;
    requireProvider(world, provider);
    requireRedirectUri(world, client_id, redirect_uri);
    const { id: userId } = findOrMakePerson(world, call, provider);
    const code = issueCode(world, {
      clientId: client_id,
      redirectUri: redirect_uri,
      codeChallenge: code_challenge,
      userId,
      methods: [`oauth:${provider}`],
    });
    return backTo(redirect_uri, { code, state, iss: world.url });
  },

  // Since nobody was sent anywhere, nobody comes back: no state is one that the fake has given.
  'auth.oauth.callback': () =>
    refuse('INVALID_CODE', {
      detail: 'This sign-in was begun in another browser, has lapsed or was finished already: begin again',
    }),

  'auth.oauth.link': (world, { provider, client_id, redirect_uri }, call) => {
    requireProvider(world, provider);
    const user = world.users.get(callingUser(call).id) ?? refuse('NOT_FOUND');
    requireProven(world, user);
    if (isLinkedTo(user, provider)) refuse('ALREADY_EXISTS');
    requireRedirectUri(world, client_id, redirect_uri);
    if (findLinked(world, provider))
      return backTo(redirect_uri, {
        error: 'access_denied',
        error_description: 'Account or identity is linked to another one already',
      });
    recordLink(world, call, user, provider);
    return backTo(redirect_uri, { linked: provider });
  },

  'auth.oauth.unlink': (world, { provider }, call) => {
    const user = world.users.get(callingUser(call).id) ?? refuse('NOT_FOUND');
    if (!isLinkedTo(user, provider)) refuse('NOT_FOUND', { detail: 'It is not linked' });
    requireOtherWay(world, user, `identity:${provider}`);
    user.identities = user.identities.filter((identity) => identity.provider !== provider);
    raiseEpoch(world, user);
    recordAct(world, call, {
      act: 'auth.identity_unlinked',
      target: { kind: 'user', id: user.id },
      details: { provider },
    });
  },

  'auth.oauth.identities': (world, _input, call) => {
    const { identities } = world.users.get(callingUser(call).id) ?? refuse('NOT_FOUND');
    return { items: [...identities] };
  },
} satisfies Answers;

/** Where the browser comes back to must be registered, compared as it is. */
function requireRedirectUri({ clients }: World, clientId: string, redirectUri: string): void {
  const client = clients.get(clientId) ?? refuse('INVALID_CLIENT', { detail: 'There is no such client' });
  if (!client.redirect_uris.includes(redirectUri)) refuse('INVALID_REDIRECT_URI');
}

function backTo(redirectUri: string, query: Readonly<Record<string, string>>): { readonly url: string } {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { url: url.href };
}

/**
 * Whoever it is linked to, else somebody new, whose account has nothing else.
 *
 * @throws Error when the options name somebody who has never been known
 */
function findOrMakePerson(world: World, call: Call, provider: string): UserRecord {
  const linked = findLinked(world, provider);
  if (linked) return linked;
  const { expects } = requireProvider(world, provider);
  if (expects !== null) throw new Error(`Nobody is called ${expects}, who was to sign in by ${provider}`);
  const user = addUser(world, { username: newUsername() });
  user.isProven = true;
  link(world, user, provider);
  recordRegistration(world, call, user, `oauth:${provider}`);
  return user;
}

function recordLink(world: World, call: Call, user: UserRecord, provider: string): void {
  const { subject } = link(world, user, provider);
  recordAct(world, call, {
    act: 'auth.identity_linked',
    target: { kind: 'user', id: user.id },
    // By the time the provider sends the browser back, it is the way that tells whose it is.
    actor: { kind: 'user', id: user.id, sid: null },
    details: { provider, subject },
  });
}
