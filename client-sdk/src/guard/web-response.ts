// A refusal as the web platform's Response.
import type { Refusal } from './refusal.ts';

export const toResponse = ({ status, headers, problem }: Refusal): Response =>
  new Response(JSON.stringify(problem), { status, headers: { ...headers } });
