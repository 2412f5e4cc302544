// What the table of procedures says of each: its doors, who may call it, what it takes and answers.
import type { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Who may call: any of these suffices. */
export interface Access {
  readonly public?: true;
  readonly session?: true;
  readonly apiKey?: true;
  readonly anyClient?: true;
  readonly scopes?: readonly string[];
  readonly pairs?: readonly { readonly resource: string; readonly action: string }[];
  /** Fields of the input that name the user who calls; `checks[].user_id`: every one of them. */
  readonly selfFields?: readonly string[];
  /** Fields of the input that bring the token of an unfinished sign-in. */
  readonly ticketFields?: readonly string[];
}

export interface Procedure {
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly method: Method;
  /** Under /api/v1, with `{name}` for parameters. */
  readonly restPath: string;
  readonly status: number;
  readonly access: Access;
  /** Takes a form as well as JSON. */
  readonly form?: true;
  readonly stepUp?: true;
  /** Takes `Idempotency-Key`. */
  readonly idempotent?: true;
  /** Answers its items a line each, as this type. */
  readonly produces?: string;
  readonly input: z.ZodType;
  /** Of a subscription that of one item; null: answers nothing. */
  readonly output: z.ZodType | null;
}
