// What a sign-in still lacks, by what has been shown and what the account has.
import { expect, test } from 'vitest';
import { decideNextStep, isNumberDoubted, type SignInFacts } from '../../shared/src/sign-in.ts';

const now = new Date('2026-06-01T12:00:00.000Z');
const daysAgo = (days: number, ms = 0) => new Date(now.getTime() - days * 86_400_000 - ms);
const plain: SignInFacts = {
  factors: [],
  hasBackupCodes: false,
  mustHaveFactor: false,
  hasOtherAddress: true,
  isNumberForeign: false,
  lastSeenAt: daysAgo(1),
  mustChangePassword: false,
};
const step = (facts: Partial<SignInFacts>, ...methods: string[]) => {
  const next = decideNextStep({ ...plain, ...facts }, methods, now);
  return next.step === 'mfa' ? next.methods : next.step;
};

test.each([
  ['89 days', daysAgo(89), 'open'],
  ['90 days to the millisecond', daysAgo(90), 'open'],
  ['a millisecond more', daysAgo(90, 1), ['email', 'new_account']],
  ['years', daysAgo(3000), ['email', 'new_account']],
])('a number that nobody has signed in by for %s', (_, lastSeenAt, expected) => {
  expect(step({ lastSeenAt }, 'sms')).toEqual(expected);
});

test('an idle number is doubted alone, not what else was shown', () => {
  const idle = { lastSeenAt: daysAgo(91) };
  for (const methods of [
    ['pwd'],
    ['email'],
    ['oauth:wechat'],
    ['passkey', 'mfa'],
    ['sms', 'email'],
    ['sms', 'otp', 'mfa'],
  ])
    expect([methods, step(idle, ...methods)]).toEqual([methods, 'open']);
});

test('an idle number of an account that has no other proof opens it', () => {
  const idle = { lastSeenAt: daysAgo(91), hasOtherAddress: false };
  expect(step(idle, 'sms')).toBe('open');
  expect(step({ ...idle, factors: ['passkey'] }, 'sms')).toEqual(['passkey', 'new_account']);
  expect(isNumberDoubted({ ...plain, ...idle }, now)).toBe(false);
  expect(isNumberDoubted({ ...plain, ...idle, factors: ['totp'] }, now)).toBe(true);
});

test('a second factor is asked for after whatever is one', () => {
  const enrolled: Partial<SignInFacts> = { factors: ['totp', 'passkey'], hasBackupCodes: true };
  for (const method of ['pwd', 'sms', 'email', 'oauth:github'])
    expect(step(enrolled, method)).toEqual(['totp', 'passkey', 'backup_code']);
  expect(step({ ...enrolled, lastSeenAt: daysAgo(91) }, 'sms')).toEqual([
    'totp',
    'passkey',
    'backup_code',
    'new_account',
  ]);
  // The mailbox tells whose the number is, and is no second factor.
  expect(step({ ...enrolled, lastSeenAt: daysAgo(91) }, 'sms', 'email')).toEqual(['totp', 'passkey', 'backup_code']);
  expect(step(enrolled, 'pwd', 'otp', 'mfa')).toBe('open');
});

test('a role that demands a factor has it enrolled, a password that is to be changed is: in this order, after the rest', () => {
  const demanding = { mustHaveFactor: true, mustChangePassword: true };
  expect(step({ ...demanding, lastSeenAt: daysAgo(91) }, 'sms')).toEqual(['email', 'new_account']);
  expect(step(demanding, 'pwd')).toBe('mfa_setup');
  expect(step({ ...demanding, factors: ['totp'] }, 'pwd', 'otp', 'mfa')).toBe('password_change');
  // Who came without a password need not change it now.
  expect(step({ mustChangePassword: true }, 'sms')).toBe('open');
});
