// An object that tells its unknown keys by itself: the general report finds no way through a choice of kinds.
import { z } from 'zod';

export function closed<T extends z.core.$ZodLooseShape>(shape: T) {
  const mend = `Known here: ${Object.keys(shape).join(', ')}`;
  const unknownKey = z.unknown().superRefine((_, ctx) => {
    ctx.addIssue({ code: 'custom', message: 'unknown key', params: { mend } });
  });
  return z.object(shape).catchall(unknownKey) as z.ZodObject<T, z.core.$strict>;
}
