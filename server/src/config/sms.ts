// The `sms` section: the senders of text messages, where messages may go, and what they may cost.
import { z } from 'zod';
import { closed } from './closed.ts';
import { integer, list, matching, origin, secret, structure, text } from './fields.ts';
import type { Finding } from './problems.ts';
import type { Config } from './schema.ts';

/** The messages there are, with the values that each carries, in the order in which a vendor's template takes them. */
export const smsTemplates = {
  code: ['code', 'minutes'],
  account_locked: ['username'],
  refresh_reuse: ['username'],
  new_device: ['username'],
  credentials_changed: ['username'],
  invitation: ['username', 'link'],
  grant_ending: ['username', 'role', 'at'],
  access_request: ['username', 'role'],
} as const;

export type SmsTemplate = keyof typeof smsTemplates;

/** `SMS_1234`, or `{ id: SMS_1234, values: [code] }` for a template that takes other values than all of them in order. */
function vendorTemplate(known: readonly string[]) {
  const id = z.string().min(1);
  const written = z.union([id, z.strictObject({ id, values: z.array(z.enum(known)).optional() })]);
  const mend = `Give the template's id in quotes, or { id: …, values: […] } with values out of ${known.join(', ')}`;
  return z.unknown().transform((raw, ctx): { readonly id: string; readonly values: readonly string[] } => {
    const { success, data } = written.safeParse(raw);
    if (success)
      return typeof data === 'string' ? { id: data, values: known } : { id: data.id, values: data.values ?? known };
    ctx.addIssue({ code: 'custom', message: 'is no template', params: { mend } });
    return z.NEVER;
  });
}

/** By name, and by name and language where a vendor has a template for each. */
const vendorTemplates = closed(
  Object.fromEntries(
    Object.entries(smsTemplates).flatMap(([name, values]) =>
      [name, `${name}_zh`, `${name}_en`].map((key) => [key, vendorTemplate(values).optional()] as const),
    ),
  ),
)
  .refine((templates) => Object.values(templates).some((template) => template !== undefined), {
    error: 'names no template',
    params: { mend: 'Give the ids of those that the vendor approved, such as { code: SMS_1234 }' },
  })
  .prefault({});

const endpoint = () => origin('Give scheme, host and port, such as https://sms.example.com, and no path').optional();
const region = () => matching(/^[a-z]+(-[a-z]+)+(-\d+)?$/, 'Give the name of a region, such as cn-hangzhou').optional();
const signName = () => text('Give the signature that the vendor approved, without brackets');

const twilio = closed({
  kind: z.literal('twilio'),
  account_sid: matching(/^AC[0-9a-f]{32}$/, 'Give AC and 32 hexadecimal digits'),
  auth_token: secret(),
  from: text('Give a number in quotes, such as "+15005550006", or a name that the vendor approved').optional(),
  messaging_service_sid: matching(/^MG[0-9a-f]{32}$/, 'Give MG and 32 hexadecimal digits').optional(),
  endpoint: endpoint(),
}).superRefine(({ from, messaging_service_sid }, ctx) => {
  if ((from === undefined) !== (messaging_service_sid === undefined)) return;
  const message = from === undefined ? 'is missing' : 'stands beside messaging_service_sid';
  ctx.addIssue({
    code: 'custom',
    path: ['from'],
    message,
    params: { mend: 'Give either from or messaging_service_sid' },
  });
});

/** Neither credentials nor a query: `config print` and logs show addresses. */
const webhookUrl = () =>
  text('Give the URL that messages are posted to').refine(
    (raw) => /^https?:\/\/[^?#@]+$/.test(raw) && URL.canParse(raw),
    { error: 'the value cannot be used', params: { mend: 'Give an http(s) URL without credentials and query' } },
  );

// The form and the size that Standard Webhooks asks for.
const isWebhookSecret = (raw: string): boolean => {
  const [, key] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(raw) ?? [];
  const { length } = Buffer.from(key ?? '', 'base64');
  return length >= 24 && length <= 64;
};
const webhookSecret = () => {
  const mend = 'Give whsec_ and 24 to 64 random bytes in base64: echo whsec_$(openssl rand -base64 32)';
  return secret(mend).refine(isWebhookSecret, { error: 'the value cannot be used', params: { mend } });
};

const senders = [
  closed({ kind: z.literal('console') }),
  closed({
    kind: z.literal('aliyun'),
    access_key_id: text(),
    access_key_secret: secret(),
    sign_name: signName(),
    templates: vendorTemplates,
    endpoint: endpoint(),
    region: region(),
  }),
  closed({
    kind: z.literal('tencent'),
    secret_id: text(),
    secret_key: secret(),
    app_id: text("Give the application's id in quotes"),
    sign_name: signName(),
    templates: vendorTemplates,
    endpoint: endpoint(),
    region: region(),
  }),
  twilio,
  closed({ kind: z.literal('webhook'), url: webhookUrl(), secret: webhookSecret() }),
] as const;

const kinds = senders.map(({ shape }) => shape.kind.value).join(', ');
const sender = z.discriminatedUnion('kind', senders, {
  error: ({ code }) => (code === 'invalid_union' ? `is none of ${kinds}` : undefined),
});

export type SmsSenderConfig = z.output<typeof sender>;
/** One sender of that kind, as it was read. */
export type SmsSenderOf<Kind extends SmsSenderConfig['kind']> = Extract<SmsSenderConfig, { kind: Kind }>;
export type VendorTemplates = SmsSenderOf<'aliyun'>['templates'];

const countryItem = (item: unknown) => (typeof item === 'string' && /^[A-Z]{2}$/.test(item) ? item : undefined);

export const smsSection = z.strictObject({
  senders: structure(z.array(sender)),
  allowed_countries: list(countryItem, 'List countries by their two letters, such as CN, SG'),
  daily_cap: integer(0, 1_000_000_000).optional(),
});

/** What production mode refuses: messages that nobody would get, and codes that travel in the clear. */
export function smsProductionProblems({ sms, security }: Pick<Config, 'sms' | 'security'>): Finding[] {
  return sms.senders.flatMap((one, index): Finding[] => {
    const key = `sms.senders.${index}`;
    if (one.kind === 'console')
      return [{ key, message: 'console is for development', mend: 'Name a vendor, or leave it out' }];
    const [name, url] = one.kind === 'webhook' ? ['url', one.url] : ['endpoint', one.endpoint];
    if (url === undefined || url.startsWith('https://') || security.allow_insecure.includes('http')) return [];
    const mend = 'Give an https URL, or name http in security.allow_insecure';
    return [{ key: `${key}.${name}`, message: 'messages would travel in the clear', mend }];
  });
}
