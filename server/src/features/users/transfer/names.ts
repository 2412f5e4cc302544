// The names by which people are told apart, and those that a file has used up so far.
import type { FieldError } from '@authcenter/shared';

export const NAME_FIELDS = ['username', 'email', 'phone'] as const;

type Names = { readonly [F in (typeof NAME_FIELDS)[number]]?: string | undefined };

export interface NameLedger {
  /** Takes the names of a line, unless one of them stands in an earlier line; then all of them stay free. */
  claim(line: number, names: Names): FieldError[];
}

export function createNameLedger(): NameLedger {
  const lines = new Map<string, number>();
  return {
    claim(line, names) {
      const keys = NAME_FIELDS.flatMap((field) => (names[field] === undefined ? [] : [[field, names[field]] as const]));
      const problems = keys.flatMap(([path, value]) => {
        const earlier = lines.get(`${path} ${value}`);
        return earlier === undefined ? [] : [{ path, message: `stands in line ${earlier} already` }];
      });
      if (problems.length === 0) for (const [field, value] of keys) lines.set(`${field} ${value}`, line);
      return problems;
    },
  };
}
