// The error for what the fake does not know by itself: it says how to answer it.
import { Refusal } from './refusal.ts';

/** @param lack - what the fake is short of */
export const unanswered = (path: string, lack = 'has no answer of its own to it'): Refusal =>
  new Refusal('INTERNAL', {
    detail: `Nobody answers ${path}: the fake ${lack}. Answer it in the test: fake.on('${path}', (input, caller) => …)`,
  });
