// Refreshing, ending and listing sessions, and proving oneself again.
import type { Answers, InputOf } from '../answers.ts';
import { callingUser } from '../calling-user.ts';
import { answerChallenge, spend } from '../challenges.ts';
import { ACCESS_TYPE } from '../issuer.ts';
import { newestFirst, toPage } from '../page.ts';
import { refuse } from '../refusal.ts';
import { rotate } from '../rotation.ts';
import {
  endSessions,
  issueAccess,
  issueTokens,
  listLive,
  readRefreshToken,
  requireOwnOrigin,
  showSession,
} from '../sessions.ts';
import { guess } from '../sign-in.ts';
import { unanswered } from '../unanswered.ts';
import type { UserRecord } from '../users.ts';
import type { World } from '../world.ts';

export const sessionAnswers = {
  'auth.refresh': async (world, input, call) => {
    const given = input?.refresh_token;
    const token = given ?? call.refreshCookie;
    if (token === null) return refuse('UNAUTHENTICATED', { detail: 'No refresh token was sent' });
    if (given === undefined) requireOwnOrigin(world, call);
    const session = await rotate(world, token, given === undefined ? 'cookie' : 'body');
    const user = world.users.get(session.user_id);
    if (user?.status !== 'active') return refuse('SESSION_REVOKED');
    return issueTokens(world, call, user, session);
  },

  'auth.logout': async (world, input, call) => {
    const { bearer, refreshCookie } = call;
    const access = bearer === null ? null : await world.keys.verify(ACCESS_TYPE, bearer);
    const useCookie = input?.refresh_token === undefined && !access && refreshCookie !== null;
    if (useCookie) requireOwnOrigin(world, call);
    const token = useCookie ? refreshCookie : input?.refresh_token;
    const refresh = token === undefined || token === null ? null : await readRefreshToken(world, token);
    const ids = [access?.['sid'], refresh?.sid];
    endSessions(world, ({ id }) => ids.includes(id));
    if (refreshCookie !== null) call.setRefreshCookie(null);
  },

  'auth.logoutAll': (world, _input, call) => {
    const { id } = callingUser(call);
    endSessions(world, ({ user_id }) => user_id === id);
    if (call.refreshCookie !== null) call.setRefreshCookie(null);
  },

  'auth.sessions.list': (world, input, call) => {
    const caller = callingUser(call);
    return toPage(newestFirst(listLive(world, caller.id)), input, (session) => showSession(session, caller.sid));
  },

  'auth.sessions.revoke': (world, input, call) => {
    const caller = callingUser(call);
    // Also for another's: that it exists is not told.
    const ended = endSessions(world, ({ id, user_id }) => id === input.id && user_id === caller.id);
    if (!ended) refuse('NOT_FOUND');
  },

  'auth.stepUp': (world, input, call) => {
    const caller = callingUser(call);
    const user = world.users.get(caller.id) ?? refuse('NOT_FOUND');
    const methods = prove(world, user, input);
    const session = world.sessions.get(caller.sid);
    if (!session || session.revoked_at) return refuse('SESSION_REVOKED');
    session.auth_time = world.clock.now();
    session.methods = [...new Set([...session.methods, ...methods])];
    return issueAccess(world, user, session);
  },
} satisfies Answers;

/** @returns what was shown */
function prove(world: World, user: UserRecord, input: InputOf<'auth.stepUp'>): readonly string[] {
  if ('password' in input)
    return guess(world, user.id, 'INVALID_CREDENTIALS', () => (input.password === user.password ? ['pwd'] : null));
  if ('assertion' in input) throw unanswered('auth.stepUp', 'keeps no passkeys');
  return guess(world, user.id, 'INVALID_CODE', () => {
    if (!('challenge_id' in input)) return user.totp !== null && input.code === user.totp ? ['totp', 'mfa'] : null;
    // A code to the phone is less than the factor that was enrolled to be more.
    if (user.totp !== null) return null;
    const targets = [user.phone_verified ? user.phone : null, user.email_verified ? user.email : null];
    const { code, challenge_id: challengeId } = input;
    const sent = answerChallenge(world, { purpose: 'step_up', targets, code, challengeId, userId: user.id });
    if (sent) spend(world, sent);
    return sent && [sent.channel];
  });
}
