// From a template to a mail: eta, which escapes what stands in HTML.
import { Eta } from 'eta';
import {
  CHANGES,
  type Changed,
  DEEDS,
  type Deed,
  type Locale,
  TEMPLATES,
  type Template,
  type TemplateName,
} from './templates.ts';

/** What stands in the lines, by name; `link` and `code` stand in a paragraph of their own as well. */
export interface TemplateData {
  readonly username: string;
  readonly link?: string;
  readonly code?: string;
  readonly [name: string]: string;
}

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const asHtml = new Eta({ autoEscape: true });
const asText = new Eta({ autoEscape: false });

/**
 * @example
 * renderMail('verify_email', 'en', { username: 'li.lei', link: 'https://auth.example.com/verify-email?token=…' }).subject;
 */
export function renderMail(name: TemplateName, locale: Locale, data: TemplateData): RenderedMail {
  const { subject, lines }: Template = TEMPLATES[name][locale];
  const given = Object.entries({ ...data, ...readChange(locale, data) });
  const values = Object.fromEntries(given.map(([key, value]) => [key, toOneLine(value)]));
  const text = lines.map((line) => asText.renderString(line, values));
  const paragraphs = lines.map((line) => `<p>${asHtml.renderString(line, values)}</p>`);
  const { code, link } = data;
  const own = [
    ...(code === undefined ? [] : [{ text: code, html: '<p><strong><%= it.code %></strong></p>' }]),
    ...(link === undefined ? [] : [{ text: link, html: '<p><a href="<%= it.link %>"><%= it.link %></a></p>' }]),
  ];
  text.splice(2, 0, ...own.map((one) => one.text));
  paragraphs.splice(2, 0, ...own.map((one) => asHtml.renderString(one.html, data)));
  return {
    subject,
    text: `${text.join('\n\n')}\n`,
    html: `<!doctype html><html lang="${locale}"><body>${paragraphs.join('')}</body></html>`,
  };
}

/** What somebody wrote neither begins a line of its own nor turns the direction of what stands around it. */
const toOneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ');

const readChange = (locale: Locale, { changed, deed = 'changed' }: Readonly<Record<string, string>>) =>
  changed === undefined
    ? {}
    : { changed: CHANGES[locale][changed as Changed] ?? changed, deed: DEEDS[locale][deed as Deed] ?? deed };
