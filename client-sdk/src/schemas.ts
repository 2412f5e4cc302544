// Entry `@authcenter/client/schemas`: the schemas that the server itself checks inputs by. The only entry that needs zod, beside `/testing`.

/**
 * Each procedure's input and answer, under the names that the server's own declarations use; a schema and its parsed type share a name.
 *
 * @example
 * import { RegisterInput } from '@authcenter/client/schemas';
 *
 * const { success, error } = RegisterInput.safeParse({ username: 'li lei', email: 'li.lei@example.com', password: 'secret' });
 * if (!success) console.log(error.issues);
 */
export * from '@authcenter/shared/schemas';
