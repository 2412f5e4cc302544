// The one router; its type is what the SDK carries.
import { authRouter } from './features/auth/router.ts';
import { rbacRouter } from './features/rbac/router.ts';
import { systemRouter } from './features/system/router.ts';
import { requestsRouter } from './features/users/requests/router.ts';
import { usersRouter } from './features/users/router.ts';
import { simulateRouter } from './features/users/simulate/router.ts';
import { mergeRouters, router } from './procedure.ts';

export const appRouter = router({
  auth: authRouter,
  users: usersRouter,
  // Both are about grants of users': rights stand below them.
  rbac: mergeRouters(rbacRouter, simulateRouter, router({ requests: requestsRouter })),
  system: systemRouter,
});

export type AppRouter = typeof appRouter;
