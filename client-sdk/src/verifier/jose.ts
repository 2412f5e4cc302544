// jose, loaded when the first token comes: it is an ES module alone, which CommonJS takes in by import() on every Node.

let loaded: Promise<typeof import('jose')> | undefined;

export const loadJose = (): Promise<typeof import('jose')> => {
  loaded ??= import('jose');
  return loaded;
};
