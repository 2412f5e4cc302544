// A moment as a mail tells it: in the company's time zone, which it names.
import type { Locale } from './templates.ts';

const TAGS: Readonly<Record<Locale, string>> = { en: 'en-GB', zh: 'zh-CN' };

/**
 * @param iso - RFC 3339
 * @param timeZone - IANA
 * @example
 * showTime('2026-01-31T08:00:00Z', 'en', 'Asia/Shanghai'); // 31 January 2026 at 16:00 GMT+8
 */
export const showTime = (iso: string, locale: Locale, timeZone: string): string =>
  new Intl.DateTimeFormat(TAGS[locale], {
    timeZone,
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).format(new Date(iso));
