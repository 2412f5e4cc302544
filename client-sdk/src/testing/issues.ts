// What a schema found wrong, as the fields that the server tells of: flat, of a union the form that came nearest.
import type { FieldError } from '@authcenter/shared/errors';
import type { z } from 'zod';

export function listIssues(issues: readonly z.core.$ZodIssue[], prefix: readonly PropertyKey[] = []): FieldError[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    const nearest = findNearest(issue);
    if (nearest) return listIssues(nearest, path);
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a known field' }));
    return [{ path: path.join('.'), message: issue.message }];
  });
}

function findNearest(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | undefined {
  if (issue.code !== 'invalid_union') return undefined;
  return [...issue.errors].sort((a, b) => distance(a) - distance(b))[0];
}

/** Fields that are unknown weigh more than fields that are wrong: they tell that another form was meant. */
const distance = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : 1), 0);
