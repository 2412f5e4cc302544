// The `sms` section: what is read, what is refused and in which words, what is masked.
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { smsProductionProblems } from '../../../server/src/config/sms.ts';
import { printConfig } from '../../../server/src/config.ts';
import { load, problemsOf, writeConfig } from './load-test-config.ts';

const secret = `whsec_${Buffer.alloc(32, 'hush').toString('base64')}`;
const aliyun = {
  kind: 'aliyun',
  access_key_id: 'LTAI',
  access_key_secret: 'hush1',
  sign_name: '认证中心',
  templates: { code: 'SMS_1' },
};
const tencent = {
  kind: 'tencent',
  secret_id: 'AKID',
  secret_key: 'hush2',
  app_id: '1400',
  sign_name: '认证中心',
  templates: { code: '1' },
};
const twilio = { kind: 'twilio', account_sid: `AC${'0'.repeat(32)}`, auth_token: 'hush3', from: '+15005550006' };
const webhook = { kind: 'webhook', url: 'https://sms.example.com/send', secret };

const file = (...senders: unknown[]) => writeConfig(`sms:\n  senders: ${JSON.stringify(senders)}\n`);
const without = (sender: Record<string, unknown>, key: string) =>
  Object.fromEntries(Object.entries(sender).filter(([name]) => name !== key));

describe('senders', () => {
  it('are read in order, from a file and from one variable', () => {
    const all = [{ kind: 'console' }, aliyun, tencent, twilio, webhook];
    const kinds = all.map(({ kind }) => kind);
    expect(load(file(...all)).config.sms.senders.map(({ kind }) => kind)).toEqual(kinds);
    const { config, notices } = load({ AUTHCENTER__SMS__SENDERS: JSON.stringify(all) });
    expect(config.sms.senders.map(({ kind }) => kind)).toEqual(kinds);
    expect(notices).toEqual([]);
  });

  it('take templates by name and language, with values of one’s own choice', () => {
    const templates = { code: 'SMS_1', code_en: { id: 'SMS_2', values: ['code'] }, new_device_zh: { id: 'SMS_3' } };
    expect(load(file({ ...aliyun, templates })).config.sms.senders).toMatchObject([
      {
        templates: {
          code: { id: 'SMS_1', values: ['code', 'minutes'] },
          code_en: { id: 'SMS_2', values: ['code'] },
          new_device_zh: { id: 'SMS_3', values: ['username'] },
        },
      },
    ]);
  });

  it('are none by default, and messages stay in the country', () => {
    expect(load().config.sms).toEqual({ senders: [], allowed_countries: ['CN'] });
  });

  it.each([
    ['no kind', {}, '0.kind', 'is none of console, aliyun, tencent, twilio, webhook', 'another'],
    ['an unknown kind', { kind: 'pigeon' }, '0.kind', 'is none of console, aliyun', 'another'],
    ['text', 'aliyun', '0', 'must be an object', 'another'],
    ['an unknown key', { ...aliyun, acces_key: 'x' }, '0.acces_key', 'unknown key', 'kind, access_key_id'],
    ['a key of another kind', { kind: 'console', url: 'x' }, '0.url', 'unknown key', 'kind'],
    ['no secret', without(aliyun, 'access_key_secret'), '0.access_key_secret', 'is missing', 'secret'],
    ['no signature', without(aliyun, 'sign_name'), '0.sign_name', 'is missing', 'approved'],
    ['no templates', without(aliyun, 'templates'), '0.templates', 'names no template', 'code'],
    ['empty templates', { ...tencent, templates: {} }, '0.templates', 'names no template', 'code'],
    [
      'an unknown message',
      { ...aliyun, templates: { cod: '1' } },
      '0.templates.cod',
      'unknown key',
      'code, code_zh, code_en',
    ],
    ['a template id as number', { ...tencent, templates: { code: 1 } }, '0.templates.code', 'is no template', 'quotes'],
    [
      'a value that the message does not have',
      { ...tencent, templates: { code: { id: '1', values: ['cod'] } } },
      '0.templates.code',
      'is no template',
      'code, minutes',
    ],
    ['a number without quotes', { ...tencent, app_id: 1400 }, '0.app_id', '1400 cannot be used', 'quotes'],
    [
      'an endpoint with a path',
      { ...aliyun, endpoint: 'https://a.example/b' },
      '0.endpoint',
      'cannot be used',
      'no path',
    ],
    ['a region', { ...aliyun, region: 'China East' }, '0.region', 'cannot be used', 'cn-hangzhou'],
    ['an account', { ...twilio, account_sid: 'AC12' }, '0.account_sid', 'cannot be used', 'AC and 32'],
    ['nobody to send from', without(twilio, 'from'), '0.from', 'is missing', 'either from or messaging_service_sid'],
    [
      'two to send from',
      { ...twilio, messaging_service_sid: `MG${'0'.repeat(32)}` },
      '0.from',
      'stands beside',
      'either from or messaging_service_sid',
    ],
    [
      'credentials in a URL',
      { ...webhook, url: 'https://u:hush@sms.example.com/' },
      '0.url',
      'cannot be used',
      'without credentials',
    ],
    ['a query', { ...webhook, url: 'https://sms.example.com/?key=hush' }, '0.url', 'cannot be used', 'query'],
    ['another protocol', { ...webhook, url: 'ftp://sms.example.com/' }, '0.url', 'cannot be used', 'http'],
    ['a short secret', { ...webhook, secret: 'whsec_aHVzaA==' }, '0.secret', 'cannot be used', 'openssl rand'],
    ['a plain secret', { ...webhook, secret: 'hush'.repeat(8) }, '0.secret', 'cannot be used', 'whsec_'],
  ])('with %s are refused', (_, sender, key, message, mend) => {
    const problems = problemsOf(file(sender));
    expect(problems).toEqual([
      {
        key: `sms.senders.${key}`,
        where: 'authcenter.yaml:2',
        message: expect.stringContaining(message),
        mend: expect.stringContaining(mend),
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain('hush');
  });

  it('tell the place of the one that is wrong', () => {
    expect(problemsOf(file(aliyun, { kind: 'tencent' })).map(({ key }) => key)).toEqual(
      ['secret_id', 'secret_key', 'app_id', 'sign_name', 'templates'].map((key) => `sms.senders.1.${key}`),
    );
  });
});

it('printing masks every secret and reads back the same', () => {
  const { config } = load(file(aliyun, tencent, twilio, webhook));
  const printed = printConfig(config);
  expect(printed).not.toMatch(/hush/);
  expect(printed).not.toContain(secret.slice(6));
  const { senders } = parse(printed).sms;
  expect(senders).toMatchObject([
    { sign_name: '认证中心', templates: { code: { id: 'SMS_1', values: ['code', 'minutes'] } } },
    { app_id: '1400' },
    { from: '+15005550006', auth_token: '***' },
    { url: 'https://sms.example.com/send', secret: '***' },
  ]);
  expect(load(file(aliyun, { ...senders[1], secret_key: 'x' })).config.sms.senders[1]).toMatchObject({
    templates: { code: { id: '1', values: ['code', 'minutes'] } },
  });
});

describe('production', () => {
  const problems = (senders: unknown[], env: NodeJS.ProcessEnv = {}) =>
    smsProductionProblems(load({ ...file(...senders), ...env }).config).map(({ key }) => key);

  it('refuses the console, and addresses of plain HTTP unless they are allowed by name', () => {
    const senders = [
      { kind: 'console' },
      aliyun,
      { ...tencent, endpoint: 'http://10.0.0.1:8080' },
      { ...webhook, url: 'http://sms.example.com/send' },
    ];
    expect(problems(senders)).toEqual(['sms.senders.0', 'sms.senders.2.endpoint', 'sms.senders.3.url']);
    expect(problems(senders, { AUTHCENTER__SECURITY__ALLOW_INSECURE: 'http' })).toEqual(['sms.senders.0']);
  });

  it('takes vendors at their own addresses', () => {
    expect(problems([aliyun, tencent, twilio, webhook])).toEqual([]);
  });
});
