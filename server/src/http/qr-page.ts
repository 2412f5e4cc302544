// Where the code of a QR sign-in leads whoever scans it with a camera instead of the application.
import type { FastifyPluginAsync } from 'fastify';
import { sendPage } from './page.ts';
import { readLanguage } from './request.ts';

const TEXTS = {
  en: {
    title: 'Scan it in the app',
    text: 'This code signs a browser in. Scan it with the application in which you are signed in on this phone.',
  },
  zh: { title: '请在应用内扫码', text: '此二维码用于登录浏览器。请在本机已登录的应用中扫描。' },
} as const;

/** The same for every id: it tells nothing, and begins nothing. */
export const qrPagePlugin: FastifyPluginAsync = async (app) => {
  app.get('/qr/:id', async (request, reply) => {
    const language = readLanguage(request);
    return sendPage(reply, { language, ...TEXTS[language] });
  });
};
