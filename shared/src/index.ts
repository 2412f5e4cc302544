// Entry of the contract: everything but the zod-free tables is reached from here; those have entries of their own as well.
export * from './auth.ts';
export * from './errors.ts';
export * from './evaluator.ts';
export * from './ids.ts';
export * from './pagination.ts';
export * from './permissions.ts';
export * from './rbac.ts';
export * from './roles.ts';
export * from './users.ts';
