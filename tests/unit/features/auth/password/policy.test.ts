// What a password must be.
import { describe, expect, test } from 'vitest';
import { judgePassword } from '../../../../../server/src/features/auth/password/policy.ts';

const own = { username: 'li.lei', email: 'lilei88@example.com', name: '李雷雷' };
const judge = (password: string, minLength = 8) => judgePassword(password, own, { minLength, profile: 'standard' });

describe('length', () => {
  test('is counted in code points', () => {
    expect(judge('春江潮水连海平')).toMatchObject({ path: 'password', message: 'must have at least 8 characters' });
    expect(judge('春江潮水连海平，')).toBeNull();
    // Outside the basic plane a character is two UTF-16 units, and still one character.
    expect(judge('𠮷𠮷𠮷𠮷𠮷𠮷𠮷')).not.toBeNull();
    expect(judge('𠮷'.repeat(128))).toBeNull();
  });

  test('is at most 128', () => {
    expect(judge('ab'.repeat(64))).toBeNull();
    expect(judge(`${'ab'.repeat(64)}c`)).toMatchObject({ message: 'must have at most 128 characters' });
  });

  test('follows the configuration', () => {
    expect(judge('twelve chars', 13)).not.toBeNull();
    expect(judge('twelve chars', 12)).toBeNull();
  });
});

test('nothing is asked of its composition', () => {
  for (const password of ['aaaaaaaaaa', '        ', '12345678901', '\u0000tab\tnewline\n'])
    expect(judge(password)).toBeNull();
});

test.each(['Li.Lei-2026', 'myLILEI88pass', 'xx lilei88@example.com', '我是李雷雷呀呀呀呀'])(
  'one made of the own name or address is refused: %s',
  (password) => {
    expect(judge(password)).toMatchObject({ path: 'password', message: 'must not contain your own name or address' });
  },
);

test('a name of two characters forbids nothing', () => {
  expect(
    judgePassword('李雷的很长的密码啊', { username: 'abc.def', name: '李雷' }, { minLength: 8, profile: 'standard' }),
  ).toBeNull();
});
