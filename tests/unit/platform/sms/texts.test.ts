// The texts: complete in both languages, and never with a gap.
import { describe, expect, test } from 'vitest';
import { type SmsTemplate, smsTemplates } from '../../../../server/src/config/sms.ts';
import { renderSms } from '../../../../server/src/platform/sms/texts.ts';

const names = Object.keys(smsTemplates) as SmsTemplate[];
const values = {
  code: '472913',
  minutes: '5',
  username: 'li.lei',
  link: 'https://auth.example.com/invitation?token=x',
  role: 'Editor',
  at: '2026-01-31T08:00:00Z',
  device: 'unused',
};

test('a code is told as people know it', () => {
  expect(renderSms('code', 'zh', { code: '123456', minutes: '5' })).toBe(
    '【AuthCenter】您的验证码是 123456，5 分钟内有效。如非本人操作，请忽略本短信。',
  );
});

describe.each(names)('%s', (name) => {
  test.each(['zh', 'en'] as const)('in %s holds every value of its template, and no gap', (language) => {
    const text = renderSms(name, language, values);
    for (const value of smsTemplates[name]) expect(text).toContain(values[value]);
    expect(text).not.toMatch(/[{}]|undefined|unused/);
    expect(text).toMatch(language === 'zh' ? /^【AuthCenter】.*。$/ : /^\[AuthCenter\] [\x20-\x7e]+\.$/);
  });

  test.each(['zh', 'en'] as const)('in %s is not written without one of them', (language) => {
    expect(() => renderSms(name, language, {})).toThrow(smsTemplates[name][0]);
  });
});

test('a value is text, whatever it looks like', () => {
  expect(renderSms('new_device', 'en', { username: '$& {code} $1' })).toContain(' $& {code} $1 was');
});
