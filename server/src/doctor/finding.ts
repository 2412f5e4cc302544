// What an examination finds, in words for whoever has to mend it.

export interface Diagnosis {
  /** What was looked at, the same in every version. */
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly mend?: string;
}

export const ok = (check: string, message: string): Diagnosis => ({ check, state: 'ok', message });
export const warn = (check: string, message: string, mend: string): Diagnosis => ({
  check,
  state: 'warn',
  message,
  mend,
});
export const bad = (check: string, message: string, mend: string): Diagnosis => ({
  check,
  state: 'fail',
  message,
  mend,
});
