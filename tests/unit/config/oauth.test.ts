// The `oauth` section: what is read, what is refused and in which words, what is masked.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { oauthProductionProblems } from '../../../server/src/config/oauth.ts';
import { printConfig } from '../../../server/src/config.ts';
import { load, problemsOf, writeConfig } from './load-test-config.ts';

const client = { client_id: 'visible', client_secret: 'hush' };
const wechat = { kind: 'wechat', ...client };
const dingtalk = { kind: 'dingtalk', ...client };
const wecom = { kind: 'wecom', ...client, agent_id: '1000002' };
const feishu = { kind: 'feishu', ...client, tenant_key: '736588c9260f175d' };
const google = { kind: 'google', ...client };
const github = { kind: 'github', ...client };
const discord = { kind: 'discord', ...client };
const oidc = { kind: 'oidc', ...client, issuer: 'https://login.example.com/realms/x' };
const all = { wechat, dingtalk, wecom, feishu, google, github, discord, company: oidc };

const file = (providers: object) => writeConfig(`oauth:\n  providers: ${JSON.stringify(providers)}\n`);
const without = (provider: Record<string, unknown>, key: string) =>
  Object.fromEntries(Object.entries(provider).filter(([name]) => name !== key));

describe('providers', () => {
  it('are none by default', () => {
    expect(load().config.oauth).toEqual({ providers: {} });
  });

  it('are read in order, with the addresses of each, and say nothing at start', () => {
    const { config, notices } = load(file(all));
    expect(Object.keys(config.oauth.providers)).toEqual(Object.keys(all));
    expect(config.oauth.providers).toMatchObject({
      wechat: { display_name: 'WeChat', trust_email: false, scopes: ['snsapi_login'] },
      dingtalk: { company_only: true, member_url: 'https://oapi.dingtalk.com/topapi/user/getbyunionid' },
      wecom: { company_only: true, authorize_url: 'https://login.work.weixin.qq.com/wwlogin/sso/login' },
      feishu: { company_only: true, scopes: [] },
      google: { issuer: 'https://accounts.google.com', scopes: ['openid', 'email', 'profile'] },
      github: { emails_url: 'https://api.github.com/user/emails' },
      discord: { userinfo_url: 'https://discord.com/api/users/@me' },
      company: { issuer: 'https://login.example.com/realms/x' },
    });
    expect(notices).toEqual([]);
  });

  it.each(Object.entries({ dingtalk, wecom, feishu }))(
    '%s: addresses of every company are trusted by no setting',
    (id, provider) => {
      const both = { ...provider, company_only: false, trust_email: true };
      expect(problemsOf(file({ [id]: both }))).toEqual([
        expect.objectContaining({ key: `oauth.providers.${id}.trust_email`, message: 'would trust every company' }),
      ]);
      for (const one of [
        { ...provider, company_only: false },
        { ...provider, trust_email: true },
      ])
        expect(problemsOf(file({ [id]: one }))).toEqual([]);
    },
  );

  it('can be set key by key, so that a secret comes from the environment', () => {
    const { client_secret: _, ...rest } = github;
    const env = {
      ...file({ github: rest }),
      AUTHCENTER__OAUTH__PROVIDERS__GITHUB__CLIENT_SECRET: 'from the environment',
    };
    expect(load(env).config.oauth.providers.github?.client_secret).toBe('from the environment');
    expect(
      problemsOf(
        writeConfig(`oauth: { providers: { g: { kind: github, client_id: a, client_secret: "\${NOT_SET}" } } }`),
      ),
    ).toEqual([
      {
        key: 'oauth.providers.g.client_secret',
        where: 'authcenter.yaml:1',
        message: 'the variable NOT_SET is not set',
        mend: expect.stringContaining('Set NOT_SET'),
      },
    ]);
  });

  it('are all shown in default.yaml, in a form that is read', () => {
    const text = readFileSync(new URL('../../../server/config/default.yaml', import.meta.url), 'utf8');
    const section = /^oauth:\n(?:.*\n)*?(?=\w)/m.exec(text)?.[0] ?? '';
    const examples = section.split('\n').flatMap((line) => /^ {2}# (\w+: \{.*\})/.exec(line)?.[1] ?? []);
    const env = Object.fromEntries([...section.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, 'hush']));
    const { config } = load({ ...env, ...writeConfig(`oauth:\n  providers:\n    ${examples.join('\n    ')}\n`) });
    const kinds = Object.values(config.oauth.providers).map(({ kind }) => kind);
    expect(kinds).toEqual(Object.values(all).map(({ kind }) => kind));
  });

  it.each([
    ['no kind', client, 'kind', 'is none of wechat, dingtalk, wecom, feishu, google, github, discord, oidc', 'another'],
    ['an unknown kind', { ...github, kind: 'myspace' }, 'kind', 'is none of wechat', 'another'],
    ['an unknown key', { ...github, client_name: 'x' }, 'client_name', 'unknown key', 'kind, client_id, client_secret'],
    ['a key of another kind', { ...github, issuer: 'https://a.example' }, 'issuer', 'unknown key', 'authorize_url'],
    ['no id', without(google, 'client_id'), 'client_id', 'is missing', 'in quotes'],
    ['an id without quotes', { ...discord, client_id: 1 }, 'client_id', '1 cannot be used', 'in quotes'],
    ['no secret', without(github, 'client_secret'), 'client_secret', 'is missing', 'environment variable'],
    ['a secret that is none', { ...github, client_secret: ['hush'] }, 'client_secret', 'cannot be used', 'as text'],
    ['no agent', without(wecom, 'agent_id'), 'agent_id', 'is missing', 'AgentId'],
    ['an agent without quotes', { ...wecom, agent_id: 1000002 }, 'agent_id', '1000002 cannot be used', 'in quotes'],
    ['no tenant', without(feishu, 'tenant_key'), 'tenant_key', 'is missing', 'company_only: false'],
    ['no issuer', without(oidc, 'issuer'), 'issuer', 'is missing', 'Give the issuer'],
    [
      'an issuer that is the address of its metadata',
      { ...oidc, issuer: 'https://a.example/.well-known/openid-configuration' },
      'issuer',
      'names the metadata',
      'before /.well-known',
    ],
    [
      'an address with credentials',
      { ...github, token_url: 'https://u:hush@github.example/' },
      'token_url',
      'the value cannot be used',
      'without credentials',
    ],
    [
      'an address with a query',
      { ...wechat, token_url: 'https://a.example/?key=hush' },
      'token_url',
      'the value cannot be used',
      'query',
    ],
    [
      'an address with a fragment',
      { ...wechat, authorize_url: 'https://a.example/#x' },
      'authorize_url',
      'the value cannot be used',
      'fragment',
    ],
    [
      'another protocol',
      { ...wechat, userinfo_url: 'file:///etc/passwd' },
      'userinfo_url',
      'the value cannot be used',
      'https://api.weixin.qq.com',
    ],
    ['a number for an address', { ...wechat, userinfo_url: 1 }, 'userinfo_url', 'cannot be used', 'Give a URL'],
    [
      'scopes that are one text with spaces',
      { ...github, scopes: ['read:user user:email'] },
      'scopes',
      'cannot be used',
      'List scopes',
    ],
    ['scopes without openid', { ...google, scopes: ['email'] }, 'scopes', 'openid is not among them', 'Add openid'],
    ['a flag that is none', { ...github, trust_email: 'yes' }, 'trust_email', '"yes" cannot be used', 'true or false'],
    ['a gate that is none', { ...dingtalk, company_only: 0 }, 'company_only', '0 cannot be used', 'true or false'],
    ['text', 'github', '', 'must be an object', 'another'],
  ])('with %s are refused', (_, provider, key, message, mend) => {
    const problems = problemsOf(file({ it: provider }));
    expect(problems).toEqual([
      {
        key: `oauth.providers.it${key === '' ? '' : `.${key}`}`,
        where: 'authcenter.yaml:2',
        message: expect.stringContaining(message),
        mend: expect.stringContaining(mend),
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain('hush');
  });

  it('are told all at once, each by its own id', () => {
    const problems = problemsOf(file({ a: { kind: 'github' }, b: { kind: 'wecom' } }));
    expect(problems.map(({ key }) => key)).toEqual([
      'oauth.providers.a.client_id',
      'oauth.providers.a.client_secret',
      'oauth.providers.b.client_id',
      'oauth.providers.b.client_secret',
      'oauth.providers.b.agent_id',
    ]);
  });

  it.each(['GitHub', '-github', 'git hub', 'a'.repeat(33), '../x'])('have no id such as %j', (id) => {
    expect(problemsOf(file({ [id]: github }))).toMatchObject([
      { message: 'is no id', mend: expect.stringContaining('a-z') },
    ]);
  });

  it('of companies may let everybody in', () => {
    const open = { ...without(feishu, 'tenant_key'), company_only: false };
    expect(load(file({ feishu: open })).config.oauth.providers.feishu).toMatchObject({ company_only: false });
  });
});

it('printing masks the secrets and reads back the same', () => {
  const { config } = load(file(all));
  const printed = printConfig(config);
  expect(printed).not.toContain('hush');
  expect(printed.match(/client_secret: "\*\*\*"/g)).toHaveLength(8);
  expect(printed.match(/client_id: visible/g)).toHaveLength(8);
  const again = load(writeConfig(printed, 'printed.yaml')).config;
  expect(again.oauth.providers.company).toEqual({ ...config.oauth.providers.company, client_secret: '***' });
  expect(Object.keys(parse(printed).oauth.providers)).toEqual(Object.keys(all));
});

describe('production', () => {
  const problems = (providers: object, env: NodeJS.ProcessEnv = {}) =>
    oauthProductionProblems(load({ ...file(providers), ...env }).config).map(({ key }) => key);

  it('refuses plain HTTP unless it is allowed by name', () => {
    const plain = {
      github: { ...github, token_url: 'http://10.0.0.1/token' },
      company: { ...oidc, issuer: 'http://10.0.0.1' },
    };
    expect(problems(plain)).toEqual(['oauth.providers.github.token_url', 'oauth.providers.company.issuer']);
    expect(problems(plain, { AUTHCENTER__SECURITY__ALLOW_INSECURE: 'http' })).toEqual([]);
  });

  it('takes the providers at their own addresses', () => {
    expect(problems(all)).toEqual([]);
  });
});
