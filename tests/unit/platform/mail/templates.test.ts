// The mails: complete in both languages, and nothing in HTML that was not written there.
import { describe, expect, test } from 'vitest';
import { renderMail } from '../../../../server/src/platform/mail/render.ts';
import { TEMPLATES, type TemplateName } from '../../../../server/src/platform/mail/templates.ts';

const names = Object.keys(TEMPLATES) as TemplateName[];
const link = 'https://auth.example.com/verify-email?token=abc&x=1';
/** Whatever any of them names. */
const values = {
  username: 'li.lei',
  link,
  code: '123456',
  minutes: '5',
  device: 'Firefox',
  ip: '192.0.2.1',
  at: '2026-01-31T08:00:00Z',
  changed: 'password',
  role: 'Editor',
  requester: 'han.meimei',
  comment: 'for the release',
};

describe.each(names)('%s', (name) => {
  test.each(['en', 'zh'] as const)('in %s names the account, and leaves no gap', (locale) => {
    const { subject, text, html } = renderMail(name, locale, values);
    expect(subject).not.toBe('');
    for (const body of [text, html]) {
      expect(body).toContain('li.lei');
      expect(body).not.toMatch(/undefined|<%|%>/);
    }
    expect(html).toContain(`lang="${locale}"`);
  });
});

test('the link stands in both forms, escaped where that is needed', () => {
  const { text, html } = renderMail('verify_email', 'en', { username: 'li.lei', link });
  expect(text).toContain(`\n${link}\n`);
  expect(html).toContain('<a href="https://auth.example.com/verify-email?token=abc&amp;x=1">');
});

test('what a user chose is text, not markup', () => {
  const username = '<img src=x onerror=alert(1)>"&\'';
  const { html } = renderMail('verify_email', 'en', { username, link: 'https://x/"><script>' });
  expect(html).not.toMatch(/<img|<script/);
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
});

test('what a user chose stays in its line, and in its direction', () => {
  const device = 'phone\r\n\r\nClick here\u2028now\u202e';
  const { text, html } = renderMail('new_device', 'en', { username: 'li.lei', device, ip: '192.0.2.1', at: 'now' });
  expect(text).toContain('from a new device: phone    Click here now , address 192.0.2.1');
  expect(text.trim().split('\n')).toHaveLength(5);
  expect(html).not.toMatch(/[\r\n\u2028\u202e]/);
});

test('the subject is fixed: nothing of a user stands in a header', () => {
  for (const name of names) {
    const plain = renderMail(name, 'en', { username: 'a' }).subject;
    expect(renderMail(name, 'en', { username: 'x\r\nbcc: all@example.com' }).subject).toBe(plain);
    expect(plain).not.toMatch(/[\r\n]/);
  }
});
