// Phone numbers: which can take a text message.
import { expect, test } from 'vitest';
import { isMobileOf } from '../../../server/src/platform/phone.ts';

test.each([
  ['+8613800138000', 'CN', true],
  ['+8619912345678', 'CN', true],
  // One digit more or less, a service number, a landline.
  ['+868613800138000', 'CN', false],
  ['+86138001380001', 'CN', false],
  ['+861380013800', 'CN', false],
  ['+8610086', 'CN', false],
  ['+861012345678', 'CN', false],
  ['+6591234567', 'SG', true],
  ['+65912345678', 'SG', false],
])('%s in %s: %s', (phone, country, is) => {
  expect(isMobileOf(phone, country)).toBe(is);
});
