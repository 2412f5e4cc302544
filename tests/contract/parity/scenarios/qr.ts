// Signing in on one device by another.
import { MINUTE, type Scenarios, signIn, tokenOf } from './scenario.ts';

export const qrScenarios: Scenarios = {
  async 'a sign-in by QR code'(ask, { advance }) {
    const { access_token: token } = await signIn(ask, 'li.lei');
    const begin = () => ask('auth.qr.create', { device: { device_name: 'A laptop' } });
    const { qr_id, qr_secret, number } = await begin();
    await ask('auth.qr.claim', { qr_id, qr_secret });
    await ask('auth.qr.confirm', { qr_id, number }, { token });
    await ask('auth.qr.scan', { qr_id }, { token });
    await ask('auth.qr.confirm', { qr_id, number }, { token });
    await ask('auth.qr.claim', { qr_id, qr_secret });
    await ask('auth.qr.claim', { qr_id, qr_secret });
    const other = await begin();
    await ask('auth.qr.scan', { qr_id: other.qr_id }, { token });
    await ask('auth.qr.scan', { qr_id: other.qr_id }, { token: await tokenOf(ask, 'han.meimei') });
    await ask('auth.qr.confirm', { qr_id: other.qr_id, number: 5 }, { token });
    await ask('auth.qr.reject', { qr_id: other.qr_id }, { token });
    const late = await begin();
    advance(3 * MINUTE);
    await ask('auth.qr.scan', { qr_id: late.qr_id }, { token });
  },
};
