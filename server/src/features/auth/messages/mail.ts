// A mail to one person, from its template.
import { renderMail, type TemplateData } from '../../../platform/mail/render.ts';
import type { Locale, TemplateName } from '../../../platform/mail/templates.ts';
import type { Message } from './compose.ts';

export const composeMail = (template: TemplateName, locale: Locale, to: string, data: TemplateData): Message => ({
  channel: 'email',
  mail: { to, ...renderMail(template, locale, data), link: data.link ?? null, code: data.code ?? null },
});
