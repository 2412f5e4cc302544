// The pages that the links of mails lead to. Opening one spends nothing, for mail scanners open links; its button does.

import type { ErrorBody } from '@authcenter/shared/errors';
import formbody from '@fastify/formbody';
import { callTRPCProcedure } from '@trpc/server';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { answerError } from '../answer-error.ts';
import type { Deps } from '../deps.ts';
import { addressKey } from '../platform/rate-limits.ts';
import { appRouter } from '../router.ts';
import { sendErrorPage } from './error-page.ts';
import { sayComplaint } from './link-complaints.ts';
import { LINK_TEXTS } from './link-texts.ts';
import { sendPage } from './page.ts';
import { createContext, readLanguage } from './request.ts';

type OneTimeCodePurpose = Parameters<Deps['codes']['find']>[0];

interface LinkPage {
  readonly path: keyof typeof LINK_TEXTS;
  readonly purpose: OneTimeCodePurpose;
  readonly procedure: string;
  /** From what the form posts to the procedure's input. */
  readonly toInput: (form: PostedForm) => object;
  readonly setsCookie?: boolean;
}

interface PostedForm {
  readonly token: string;
  readonly newPassword: string;
}

const PAGES: readonly LinkPage[] = [
  {
    path: '/verify-email',
    purpose: 'verify_email',
    procedure: 'auth.email.verify',
    toInput: ({ token }) => ({ token }),
  },
  {
    path: '/reset-password',
    purpose: 'reset_password',
    procedure: 'auth.password.reset',
    toInput: ({ token, newPassword }) => ({ token, new_password: newPassword }),
  },
  {
    path: '/invitation',
    purpose: 'invitation',
    procedure: 'auth.password.reset',
    toInput: ({ token, newPassword }) => ({ token, new_password: newPassword }),
  },
  {
    path: '/magic-link',
    purpose: 'magic_link',
    procedure: 'auth.login',
    toInput: ({ token }) => ({ magic_token: token, refresh_transport: 'cookie' }),
    setsCookie: true,
  },
];

export const linkPagesPlugin: FastifyPluginAsync = async (app) => {
  // Here alone: a form can be posted from any page of the web without asking first.
  await app.register(formbody);

  for (const page of PAGES) {
    app.get(page.path, async (request, reply) => {
      const token = readToken(request.query);
      if (token === null) return tell(request, reply.code(400), page, 'missing');
      await app.deps.limits.consume('read', [addressKey(request.ip)]);
      const account = await findAccount(app.deps, page.purpose, token);
      if (account === null) return tell(request, reply.code(400), page, 'failed');
      return ask(request, reply, page, { token, account });
    });

    app.post(page.path, async (request, reply) => {
      const token = readToken(request.body);
      if (token === null) return tell(request, reply.code(400), page, 'missing');
      try {
        const input = page.toInput({ token, newPassword: readField(request.body, 'new_password') });
        const answer = await call(app.deps, request, reply, page.procedure, input);
        return tell(request, reply, page, isUnfinished(answer) ? 'unfinished' : 'done');
      } catch (error) {
        const problem = answerError(error, { id: request.id, language: () => readLanguage(request) });
        const complaint = readComplaint(problem);
        const account = complaint === null ? null : await findAccount(app.deps, page.purpose, token);
        if (complaint !== null && account !== null)
          return ask(request, reply.code(400), page, { token, account, complaint });
        // A wrong link is told on the page; what is our fault, or too much, by its own.
        if (problem.status === 401 || problem.status === 400) return tell(request, reply.code(400), page, 'failed');
        return sendErrorPage(error, request, reply);
      }
    });
  }
};

/**
 * Whose account the link is for: two may claim one address, and whoever sends somebody a link of their own would write the other's
 * name beside it. Null: the link is void.
 */
async function findAccount(
  { codes, users, hashLink, clock }: Deps,
  purpose: OneTimeCodePurpose,
  token: string,
): Promise<string | null> {
  const code = await codes.find(purpose, hashLink(token), clock.now());
  if (code?.pending) return code.pending.username;
  return (code?.user_id && (await users.findById(code.user_id.toHexString()))?.username) ?? null;
}

const call = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  input: object,
): Promise<unknown> =>
  callTRPCProcedure({
    router: appRouter,
    path,
    type: 'mutation',
    ctx: createContext(deps, request, reply, { door: 'rest' }),
    getRawInput: async () => input,
    signal: undefined,
    batchIndex: 0,
  });

/** A sign-in that asks for more than the link. */
const isUnfinished = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'status' in answer && String(answer.status).endsWith('_required');

/** What is wrong with the new password: the person can mend that, with the same link. */
function readComplaint({ code, errors = [] }: ErrorBody): string | null {
  const [first] = errors.filter(({ path }) => path === 'new_password');
  return code === 'VALIDATION_FAILED' && first ? first.message : null;
}

function readToken(from: unknown): string | null {
  const token = readField(from, 'token');
  return /^[A-Za-z0-9_-]{20,200}$/.test(token) ? token : null;
}

function readField(from: unknown, name: string): string {
  const value = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
  return typeof value === 'string' ? value : '';
}

interface Asked {
  readonly token: string;
  readonly account: string;
  readonly complaint?: string;
}

function ask(
  request: FastifyRequest,
  reply: FastifyReply,
  { path, setsCookie = false }: LinkPage,
  { token, account, complaint }: Asked,
): FastifyReply {
  const language = readLanguage(request);
  const { title, text, button, password } = LINK_TEXTS[path][language].ask;
  return sendPage(reply, {
    language,
    title,
    text,
    account,
    form: {
      action: path,
      setsCookie,
      hidden: [['token', token]],
      button,
      ...(password === undefined ? {} : { password }),
      ...(complaint === undefined ? {} : { error: sayComplaint(complaint, language) }),
    },
  });
}

const tell = (
  request: FastifyRequest,
  reply: FastifyReply,
  { path }: LinkPage,
  outcome: 'done' | 'missing' | 'failed' | 'unfinished',
): FastifyReply => {
  const language = readLanguage(request);
  return sendPage(reply, { language, ...LINK_TEXTS[path][language][outcome] });
};
