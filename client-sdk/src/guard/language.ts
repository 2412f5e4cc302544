// The language of titles, from Accept-Language (RFC 9110 §12.5.4).

/** English unless Chinese is preferred to it. */
export function readLanguage(header: string | null | undefined): 'en' | 'zh' {
  let [best, quality]: ['en' | 'zh', number] = ['en', 0];
  for (const part of (header ?? '').split(',')) {
    const [, range = '', weight = '1'] = /^\s*([a-z*-]+)[^;]*(?:;\s*q=([\d.]+))?/i.exec(part) ?? [];
    const language = range.slice(0, 2).toLowerCase();
    if ((language === 'en' || language === 'zh') && Number(weight) > quality)
      [best, quality] = [language, Number(weight)];
  }
  return best;
}
