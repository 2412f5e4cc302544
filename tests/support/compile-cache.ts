/** Of the many processes of a run that load the server, the first alone compiles it: the folder stands in the environment. */
export const keepCompiled = (): Record<string, string> => {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
};
