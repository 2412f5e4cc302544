// What a service may write to verify tokens: compiled against the packed package, never run.
import type { AuthCenterError } from '@authcenter/client';
import {
  createVerifier,
  type Subject,
  type UserInfo,
  type UserPermissions,
  type VerifiedClient,
  type VerifiedUser,
  type Verifier,
  type VerifierOptions,
} from '@authcenter/client/verify';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isExactly = <A, B>(_proof: Equal<A, B>): void => {};

const options: VerifierOptions = {
  url: 'https://auth.example.com',
  issuer: 'https://login.example.com',
  audience: ['authcenter', 'reports'],
  clientId: 'x',
  clientSecret: 'y',
  onSilence: 'refuse',
  silentAfter: 30_000,
  maxTokens: 1_000,
  answerWithin: 2_000,
  onFeedError(error) {
    isExactly<typeof error, AuthCenterError>(true);
  },
  fetch,
};
const verifier: Verifier = createVerifier(options);
createVerifier({ url: 'https://auth.example.com', audience: 'reports' });
await verifier.ready();
const user = await verifier.verifyToken('token');
isExactly<typeof user, VerifiedUser>(true);
isExactly<VerifiedUser['email'], string | null>(true);
isExactly<VerifiedUser['permissions'], readonly string[] | null>(true);
isExactly<VerifiedUser['sid'], string | null>(true);
isExactly<VerifiedUser['exp'], number | null>(true);
const client = await verifier.verifyClient('token');
isExactly<typeof client, VerifiedClient>(true);
isExactly<VerifiedClient['scopes'], readonly string[]>(true);
const subjects: Subject[] = [user, user.id, { token: 'token' }, { id: 'x', permissions: ['tag:MANAGE'] }];
for (const subject of subjects) {
  const allowed = await verifier.checkPermission(subject, 'tag', 'CREATE');
  isExactly<typeof allowed, boolean>(true);
}
const info: UserInfo = await verifier.getUserInfo(user.id);
isExactly<typeof info.created_at, Date>(true);
const rights: UserPermissions = await verifier.getUserPermissions(user.id);
isExactly<(typeof rights.permissions)[number]['resource'], string>(true);
verifier.close();
