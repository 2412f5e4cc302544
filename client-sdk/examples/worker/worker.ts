// A nightly job that acts as itself: of the people whose ids it is given, who may publish?
import { AuthCenterError } from '@authcenter/client';
import { createVerifier } from '@authcenter/client/verify';

const verifier = createVerifier({
  url: process.env['AUTHCENTER_URL'] ?? 'http://127.0.0.1:8080',
  clientId: process.env['CLIENT_ID'] ?? '',
  clientSecret: process.env['CLIENT_SECRET'] ?? '',
});

try {
  for (const id of process.argv.slice(2)) {
    const { username } = await verifier.getUserInfo(id);
    const mayPublish = await verifier.checkPermission(id, 'knowledge', 'PUBLISH');
    console.log(`${username}: ${mayPublish ? 'may publish' : 'may not publish'}`);
  }
} catch (error) {
  if (!(error instanceof AuthCenterError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  verifier.close();
}
