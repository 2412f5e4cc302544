// Entry of the contract: everything but the zod-free tables is reached from here; those have entries of their own as well.
export * from './errors.ts';
export * from './evaluator.ts';
export * from './permissions.ts';
export * from './roles.ts';
export * from './schemas.ts';
