// The one router; its type is what the SDK carries.
import { authRouter } from './features/auth/router.ts';
import { rbacRouter } from './features/rbac/router.ts';
import { usersRouter } from './features/users/router.ts';
import { router } from './procedure.ts';

export const appRouter = router({ auth: authRouter, users: usersRouter, rbac: rbacRouter });

export type AppRouter = typeof appRouter;
