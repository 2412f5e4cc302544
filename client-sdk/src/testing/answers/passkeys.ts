// auth.passkeys: WebAuthn, as a factor and as the only way in; without signatures, so that tests need no authenticator.
import type { PasskeyLoginOptionsInput } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { addFactor } from '../factors/add-factor.ts';
import { readAttestation } from '../factors/ceremonies.ts';
import { changeFactors, requireFactorLeft } from '../factors/factor-changes.ts';
import { readHolder } from '../factors/holder.ts';
import {
  CHALLENGE_LIFE,
  describePasskeys,
  ISSUER_NAME,
  listPasskeys,
  newChallenge,
  readRelyingParty,
} from '../factors/passkeys.ts';
import { callingUser, requireUser } from '../people/calling-user.ts';
import { requireOtherWay } from '../people/ways-in.ts';
import { toBase64Url } from '../random.ts';
import { refuse } from '../refusal.ts';
import { openTicket } from '../sign-in/tickets.ts';
import type { World } from '../world.ts';

/** COSE names of EdDSA, ES256 and RS256: what authenticators have. */
const ALGORITHMS = [-8, -7, -257];
/** More than anyone has devices. */
const MOST_PASSKEYS = 20;

export const passkeyAnswers = {
  'auth.passkeys.registerOptions': (world, { setup_token }, call) => {
    const { user } = readHolder(world, call, setup_token, { takeTry: false });
    const { id, username, profile } = user;
    return {
      challenge: newChallenge(world, 'register', id),
      rp: { name: ISSUER_NAME, id: readRelyingParty(world).id },
      user: {
        id: toBase64Url(new TextEncoder().encode(id)),
        name: username,
        displayName: profile.name ?? username,
      },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: 'public-key' as const })),
      timeout: CHALLENGE_LIFE,
      attestation: 'none' as const,
      excludeCredentials: describePasskeys(world, id),
      authenticatorSelection: {
        residentKey: 'preferred' as const,
        userVerification: 'preferred' as const,
        requireResidentKey: false,
      },
      extensions: { credProps: true },
    };
  },

  'auth.passkeys.register': async (world, input, call) => {
    const holder = readHolder(world, call, input.setup_token, { takeTry: true });
    const { user } = holder;
    if (listPasskeys(world, user.id).length >= MOST_PASSKEYS)
      refuse('VALIDATION_FAILED', { detail: `There are ${MOST_PASSKEYS} passkeys already: remove one first` });
    const passkey = await readAttestation(world, user, input);
    const { credential_id } = passkey;
    return addFactor(world, call, holder, {
      kind: 'passkey',
      method: 'passkey',
      factors: user.factors,
      alongside() {
        if (world.passkeys.has(credential_id)) refuse('ALREADY_EXISTS', { detail: 'This passkey is known already' });
        world.passkeys.set(credential_id, passkey);
      },
    });
  },

  'auth.passkeys.list': (world, _input, call) => ({ items: listPasskeys(world, callingUser(call).id) }),

  'auth.passkeys.remove': (world, { id }, call) => {
    const user = world.users.get(callingUser(call).id) ?? refuse('NOT_FOUND');
    const own = listPasskeys(world, user.id);
    requireOtherWay(world, user, own.length > 1 ? null : 'passkey');
    requireFactorLeft(world, user, own.length > 1 || user.factors.app !== null);
    const passkey = own.find((one) => one.id === id) ?? refuse('NOT_FOUND');
    world.passkeys.delete(passkey.credential_id);
    changeFactors(world, call, user, user.factors, { act: 'auth.factor_removed', factor: 'passkey' });
  },

  'auth.passkeys.loginOptions': async (world, input, call) => {
    const { purpose, userId } = await readAsked(world, input, call);
    return {
      challenge: newChallenge(world, purpose, userId),
      rpId: readRelyingParty(world).id,
      // Of nobody yet: the authenticator offers what it has, and which accounts there are is told to none.
      allowCredentials: userId === null ? [] : describePasskeys(world, userId),
      timeout: CHALLENGE_LIFE,
      userVerification: purpose === 'mfa' ? ('preferred' as const) : ('required' as const),
    };
  },
} satisfies Answers;

/** What a browser is to sign for, and who alone may. */
async function readAsked(
  world: World,
  { mfa_token, purpose }: PasskeyLoginOptionsInput,
  call: Call,
): Promise<{ readonly purpose: 'login' | 'mfa' | 'step_up'; readonly userId: string | null }> {
  if (mfa_token !== undefined)
    return { purpose: 'mfa', userId: openTicket(world, call, 'mfa', mfa_token, { takeTry: false }).user.id };
  if (purpose === 'login') return { purpose, userId: null };
  return { purpose, userId: (await requireUser(world, call)).id };
}
