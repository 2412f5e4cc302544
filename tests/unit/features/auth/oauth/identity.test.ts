// What is left of a profile: one clean line, addresses that are some, ids whole or not at all.
import { describe, expect, it } from 'vitest';
import { idText, perhapsId, toIdentity } from '../../../../../server/src/features/auth/oauth/providers/identity.ts';
import { cleanText } from '../../../../../server/src/features/auth/oauth/providers/text.ts';

const told = { subject: '1', names: [], region: 'CN', ids: {} };

describe('text', () => {
  it.each([
    ['李雷', '李雷'],
    ['  a \t\r\n b  ', 'a b'],
    ['a\u0000b\u001bc\u007fd\u0085e', 'a b c d e'],
    ['\u202eevil\u2066x\u200b', 'evilx'],
    ['a\u2028b\u2029c', 'a b c'],
    ['\ud800a\udc00', 'a'],
    ['👨‍👩‍👧', '👨‍👩‍👧'],
    ['\ue000x', 'x'],
    ['', ''],
  ])('%j becomes %j', (raw, expected) => {
    expect(cleanText(raw, 100)).toBe(expected);
  });

  it('is cut between characters, not within one', () => {
    expect(cleanText('😀'.repeat(200), 100)).toBe('😀'.repeat(100));
    expect(cleanText(`${'a'.repeat(99)}😀b`, 100)).toBe(`${'a'.repeat(99)}😀`);
    expect(cleanText('a b', 2)).toBe('a');
  });
});

describe('ids', () => {
  it.each(['1', 'o6_bmjrPTlm6_2sgVt7hMZOPfL2M', '李雷', 'a b', 'x'.repeat(255)])('%j is one', (id) => {
    expect(idText.parse(id)).toBe(id);
  });

  it.each(['', 'a\nb', 'a\u0000', '\u200b', '\ud800', 'x'.repeat(256), 1, null, ['a']])('%j is none', (id) => {
    expect(idText.safeParse(id).success).toBe(false);
  });

  it('may be absent where not everybody has one, but not be something else', () => {
    for (const absent of [undefined, null, '']) expect(perhapsId.parse(absent)).toBeUndefined();
    for (const wrong of [{}, ['a'], 7, 'a\nb']) expect(perhapsId.safeParse(wrong).success).toBe(false);
  });
});

describe('addresses', () => {
  it('are lower case; one that is none is absent, and then nothing is verified', () => {
    expect(toIdentity({ ...told, email: ' Li.Lei@Example.com ', emailVerified: true })).toMatchObject({
      email: 'li.lei@example.com',
      emailVerified: true,
    });
    for (const email of ['none', 'a@b', `${'a'.repeat(250)}@example.com`, 'a@b.cc\r\nBcc: d@e.ff', ''])
      expect(toIdentity({ ...told, email, emailVerified: true })).toEqual({
        subject: '1',
        emailVerified: false,
        ids: {},
      });
  });

  it('are not verified where nobody says so', () => {
    expect(toIdentity({ ...told, email: 'a@example.com' }).emailVerified).toBe(false);
  });
});

it.each([
  ['13800138000', 'CN', '+8613800138000'],
  ['+852 6123 4567', 'CN', '+85261234567'],
  ['13800138000', 'US', '+13800138000'],
  ['no number', 'CN', undefined],
  ['1'.repeat(1000), 'CN', undefined],
  ['', 'CN', undefined],
])('the phone %j in %s is %s', (phone, region, expected) => {
  expect(toIdentity({ ...told, phone, region }).phone).toBe(expected);
});

it.each([
  ['https://example.com/a b.png', 'https://example.com/a%20b.png'],
  ['http://thirdwx.qlogo.cn/x/132', 'http://thirdwx.qlogo.cn/x/132'],
  ['javascript:alert(1)', undefined],
  ['data:image/png;base64,AA', undefined],
  ['//example.com/x.png', undefined],
  ['https://user:password@example.com/', undefined],
  [`https://example.com/${'x'.repeat(2048)}`, undefined],
  ['', undefined],
])('the picture %j is %s', (avatar, expected) => {
  expect(toIdentity({ ...told, avatar }).avatar).toBe(expected);
});

it('the first name that is one is taken', () => {
  expect(toIdentity({ ...told, names: [undefined, ' \u200b', 'Li Lei', 'x'] }).name).toBe('Li Lei');
});
