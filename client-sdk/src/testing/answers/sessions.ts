// Refreshing, ending and listing sessions, and proving oneself again.

import { TWO_FACTORS } from '@authcenter/shared/sign-in';
import type { Answers, InputOf } from '../answers.ts';
import { listFactors, mustHaveFactor } from '../factors/factor-changes.ts';
import { checkCode, checkFactor, type Shown } from '../factors/factor-proofs.ts';
import { newestFirst, toPage } from '../page.ts';
import { callingUser } from '../people/calling-user.ts';
import type { UserRecord } from '../people/users.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { answerChallenge, spend } from '../sign-in/challenges.ts';
import { rotate } from '../sign-in/rotation.ts';
import {
  endSession,
  endSessions,
  issueAccess,
  issueTokens,
  listLive,
  readRefreshToken,
  requireOwnOrigin,
  showSession,
} from '../sign-in/sessions.ts';
import { tryProof } from '../sign-in/sign-in.ts';
import { ACCESS_TYPE } from '../tokens/issuer.ts';
import type { World } from '../world.ts';

export const sessionAnswers = {
  'auth.refresh': async (world, input, call) => {
    const given = input?.refresh_token;
    const token = given ?? call.refreshCookie;
    if (token === null) return refuse('UNAUTHENTICATED', { detail: 'No refresh token was sent' });
    if (given === undefined) requireOwnOrigin(world, call);
    const session = await rotate(world, call, token, given === undefined ? 'cookie' : 'body');
    const user = world.users.get(session.user_id);
    if (user?.status !== 'active') return refuse('SESSION_REVOKED');
    // The role was granted, or came to demand a factor, after the session began.
    if (mustHaveFactor(world, user) && !session.methods.includes(TWO_FACTORS)) {
      endSession(world, call, 'factor_demanded', { id: session.id, userId: user.id });
      return refuse('SESSION_REVOKED');
    }
    return issueTokens(world, call, user, session);
  },

  'auth.logout': async (world, input, call) => {
    const { bearer, refreshCookie } = call;
    const access = bearer === null ? null : await world.keys.verify(ACCESS_TYPE, bearer);
    const useCookie = input?.refresh_token === undefined && !access && refreshCookie !== null;
    if (useCookie) requireOwnOrigin(world, call);
    const token = useCookie ? refreshCookie : input?.refresh_token;
    const refresh = token === undefined || token === null ? null : await readRefreshToken(world, token);
    const found = new Map([
      [access?.['sid'], access?.sub],
      [refresh?.sid, refresh?.sub],
    ]);
    for (const [id, userId] of found)
      if (typeof id === 'string' && userId !== undefined) endSession(world, call, 'logout', { id, userId });
    if (refreshCookie !== null) call.setRefreshCookie(null);
  },

  'auth.logoutAll': (world, _input, call) => {
    const { id } = callingUser(call);
    const sessions = listLive(world, id).length;
    endSessions(world, 'logout_all', ({ user_id }) => user_id === id);
    // What was about to become one.
    for (const [code, { userId }] of world.codes) if (userId === id) world.codes.delete(code);
    recordAct(world, call, { act: 'auth.logout_all', target: { kind: 'user', id }, details: { sessions } });
    if (call.refreshCookie !== null) call.setRefreshCookie(null);
  },

  'auth.sessions.list': (world, input, call) => {
    const caller = callingUser(call);
    return toPage(newestFirst(listLive(world, caller.id)), input, (session) => showSession(session, caller.sid));
  },

  'auth.sessions.revoke': (world, input, call) => {
    const { id: userId, sid } = callingUser(call);
    // Also for another's: that it exists is not told.
    if (!endSession(world, call, 'revoked', { id: input.id, userId, sid })) refuse('NOT_FOUND');
  },

  'auth.stepUp': async (world, input, call) => {
    const caller = callingUser(call);
    const user = world.users.get(caller.id) ?? refuse('NOT_FOUND');
    const way = 'password' in input ? 'pwd' : 'assertion' in input ? 'passkey' : 'code';
    const refusal = way === 'pwd' ? 'INVALID_CREDENTIALS' : 'INVALID_CODE';
    const { methods, spend } = await tryProof(world, call, { user, way, refusal }, () => prove(world, user, input));
    const session = world.sessions.get(caller.sid);
    if (!session || session.revoked_at) return refuse('SESSION_REVOKED');
    spend();
    world.failures.delete(user.id);
    session.auth_time = world.clock.now();
    session.methods = [...new Set([...session.methods, ...methods])];
    recordAct(world, call, {
      act: 'auth.step_up',
      target: { kind: 'session', id: session.id },
      details: { methods },
    });
    return issueAccess(world, user, session);
  },
} satisfies Answers;

function prove(world: World, user: UserRecord, input: InputOf<'auth.stepUp'>): Shown | null | Promise<Shown | null> {
  if ('password' in input) return input.password === user.password ? { methods: ['pwd'], spend() {} } : null;
  if ('assertion' in input)
    return checkFactor(world, user, { method: 'passkey', assertion: input.assertion, purpose: 'step_up' });
  if (!('challenge_id' in input)) return checkCode(world, user, input.code);
  // A code to the phone is less than the factor that was enrolled to be more.
  if (listFactors(world, user).length > 0) return null;
  const targets = [user.phone_verified ? user.phone : null, user.email_verified ? user.email : null];
  const { code, challenge_id: challengeId } = input;
  const sent = answerChallenge(world, { purpose: 'step_up', targets, code, challengeId, userId: user.id });
  return sent && { methods: [sent.channel], spend: () => spend(world, sent) };
}
