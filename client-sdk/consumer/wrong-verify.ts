// What must not compile of a service's calls: each expected error is there, and is told when nobody expects it.
import { createVerifier } from '@authcenter/client/verify';

// @ts-expect-error no url
createVerifier({});
// @ts-expect-error a url is a text
createVerifier({ url: new URL('https://auth.example.com') });
// @ts-expect-error nothing else is done in silence
createVerifier({ url: 'https://auth.example.com', onSilence: 'allow' });
// @ts-expect-error milliseconds
createVerifier({ url: 'https://auth.example.com', silentAfter: '30s' });
// @ts-expect-error it is called clientSecret
createVerifier({ url: 'https://auth.example.com', clientId: 'x', secret: 'y' });
// @ts-expect-error texts
createVerifier({ url: 'https://auth.example.com', audience: [7] });

const verifier = createVerifier({ url: 'https://auth.example.com' });
// @ts-expect-error a header may be missing
await verifier.verifyToken(undefined);
// @ts-expect-error the token alone
await verifier.verifyToken({ token: 'x' });
const user = await verifier.verifyToken('x');
// @ts-expect-error not to be changed
user.id = 'y';
// @ts-expect-error nor its lists
user.roles.push('Admin');
// @ts-expect-error they may have to be asked for
user.permissions.includes('tag:MANAGE');
// @ts-expect-error it is called id
user.user_id;
// @ts-expect-error an API key has none
user.sid.length;
// @ts-expect-error an API key has no end
user.exp + 1;
// @ts-expect-error a resource and an action
await verifier.checkPermission(user, 'knowledge:CREATE');
// @ts-expect-error whose
await verifier.checkPermission(null, 'knowledge', 'CREATE');
// @ts-expect-error whose
await verifier.checkPermission({}, 'knowledge', 'CREATE');
// @ts-expect-error a promise is no answer
verifier.checkPermission(user, 'knowledge', 'CREATE') === true;
const client = await verifier.verifyClient('x');
// @ts-expect-error an application has no name
client.username;
// @ts-expect-error scopes are a list
client.scopes.split(' ');
// @ts-expect-error a user's id
await verifier.getUserInfo(7);
// @ts-expect-error a Date
(await verifier.getUserInfo('x')).created_at.slice(0, 10);
// @ts-expect-error a user's id
await verifier.getUserPermissions();
// @ts-expect-error nothing to wait for
verifier.close().then();
