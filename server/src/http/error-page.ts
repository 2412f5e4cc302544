// What went wrong, as a page: for doors that browsers are sent to.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerError, listErrorHeaders } from '../answer-error.ts';
import { logInternal } from './errors.ts';
import { sendPage } from './page.ts';
import { readLanguage } from './request.ts';

export const wantsPage = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  (headers.accept ?? '').includes('text/html');

/** Details are written for developers, in English. */
const WHAT_NOW = {
  en: 'Go back to the application and try again.',
  zh: '请返回应用后重试。',
} as const;

export function sendErrorPage(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  logInternal(error, request);
  const language = readLanguage(request);
  const { status, title, detail } = answerError(error, { id: request.id, language: () => language });
  reply.code(status).headers(listErrorHeaders(error, false));
  const text = language === 'en' && detail !== title ? detail : WHAT_NOW[language];
  return sendPage(reply, { language, title, text });
}
