// The most common passwords, as they are found in leaked lists.
import { dictionary } from '@zxcvbn-ts/language-common';

/** Shorter ones no rule lets through anyway. */
const SHORTEST = 8;

/** Favourites in China that the bundled list lacks: “I love you” and its numbers, lucky dates, family names, default accounts. */
const CHINESE = `
  woaini1314 woaini520 woaini521 woaini123 520woaini 1314woaini aini1314 woaiwojia woaiwoziji woaizhongguo wodemima woshishui
  5201314520 1314520520 1314521521 7758521521 5845201314 5201314a a5201314 caonima123 nihaoma123 dearbook xiaoming123 wangyang123
  wang123456 zhang123456 li123456 aa12345678 aaa111222 88888888a admin888 admin123456 root123456 test123456 87654321 987654321
  19491001 20080808 3.1415926 beijing2008 tiantian`;

let known: ReadonlySet<string> | undefined;

/** One short piece over and over, as in 88888888, 123123123, abcdabcd: the bundled list leaves these to a rule. */
const isRepeated = (password: string): boolean => /^(.{1,4})\1+$/su.test(password) && [...password].length <= 16;

/** In any letter case. The list is made into a set at the first question. */
export function isCommonPassword(password: string): boolean {
  known ??= new Set([
    ...dictionary['passwords-common'].filter((one) => one.length >= SHORTEST),
    ...CHINESE.trim().split(/\s+/),
  ]);
  return isRepeated(password) || known.has(password.toLowerCase());
}
