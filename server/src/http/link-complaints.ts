// What is wrong with a new password, as the page says it: the field errors of the API are English alone.

const CHINESE: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^must not be empty$/, '密码不能为空。'],
  [/^must have at least (\d+) characters$/, '密码至少需要 $1 个字符。'],
  [/^must have at most (\d+) characters$/, '密码最多 $1 个字符。'],
  [/^must hold three of: .*$/, '密码须包含大写字母、小写字母、数字、其他字符中的至少三种。'],
  [/^must not contain your own name or address$/, '密码不能包含您的姓名、用户名、邮箱或手机号。'],
  [/^is one of the most common passwords$/, '此密码过于常见，请换一个。'],
  [/^is known from a leak of other passwords$/, '此密码曾在其他网站泄露，请换一个。'],
  [/^was used before$/, '此密码以前使用过，请换一个。'],
];

/**
 * @param message - of the field error
 * @example
 * sayComplaint('must have at least 8 characters', 'en'); // 'The password must have at least 8 characters.'
 */
export function sayComplaint(message: string, language: 'zh' | 'en'): string {
  if (language === 'en') return `The password ${message}.`;
  const known = CHINESE.find(([pattern]) => pattern.test(message));
  return known ? message.replace(...known) : '此密码不可用，请换一个。';
}
