// What a fake AuthCenter begins with.
import type { UpdateSettingsInput } from '@authcenter/shared/schemas';

/**
 * A person that the fake knows from the beginning.
 *
 * @example
 * import { createFakeAuthCenter, type FakeUserSeed } from '@authcenter/client/testing';
 *
 * const editor: FakeUserSeed = { username: 'han.meimei', password: 'a good password', roles: ['Editor'], totp: '123456' };
 * createFakeAuthCenter({ users: [editor] });
 */
export interface FakeUserSeed {
  /** By which tests name the person as well. */
  readonly username: string;
  /** Absent: signs in by a code, or by `fake.signIn`. */
  readonly password?: string;
  /** Default: the user name at example.com; null: none. */
  readonly email?: string | null;
  /** Default true. */
  readonly emailVerified?: boolean;
  /** As people type it. */
  readonly phone?: string;
  /** The name in the profile. */
  readonly name?: string;
  /** Names of roles, or grants that end; default `['User']`. */
  readonly roles?: readonly (string | { readonly name: string; readonly expiresAt: Date })[];
  /** Default `active`. */
  readonly status?: 'active' | 'inactive' | 'locked';
  /** What the authenticator app shows. Unlike a real one it does not change. Absent: no second factor. */
  readonly totp?: string;
  /** The next sign-in by password asks for a new one. */
  readonly mustChangePassword?: boolean;
}

/**
 * A role beside the builtin ones.
 *
 * @example
 * import { createFakeAuthCenter, type FakeRoleSeed } from '@authcenter/client/testing';
 *
 * const approver: FakeRoleSeed = { name: 'Approver', permissions: ['invoice:APPROVE', 'SEARCH'] };
 * createFakeAuthCenter({ roles: [approver] });
 */
export interface FakeRoleSeed {
  /** As tokens name it. */
  readonly name: string;
  /** Pairs `resource:ACTION`, which come to be if there are none such, or names of permissions. */
  readonly permissions: readonly string[];
  /** Default 1. */
  readonly level?: number;
  /** Default: the name. */
  readonly displayName?: string;
  /** Default `active`. */
  readonly status?: 'active' | 'inactive';
}

/**
 * An application that the fake knows from the beginning.
 *
 * @example
 * import { createFakeAuthCenter, type FakeClientSeed } from '@authcenter/client/testing';
 *
 * const reports: FakeClientSeed = { name: 'Reports', secret: 'of the test', scopes: ['rbac:check', 'feed:read'] };
 * createFakeAuthCenter({ clients: [reports] });
 */
export interface FakeClientSeed {
  /** Of 24 hexadecimal digits; absent: the fake's own choice, see `fake.client(name)`. */
  readonly id?: string;
  /** By which tests name the application as well. */
  readonly name: string;
  /** Default `service`. */
  readonly kind?: 'web' | 'spa' | 'native' | 'service';
  /** Absent: made up; kinds that keep none have none. */
  readonly secret?: string;
  /** What it may do as itself; default: nothing. */
  readonly scopes?: readonly ('users:read' | 'users:metadata' | 'rbac:check' | 'feed:read')[];
  /** Where a sign-in comes back to, exactly. */
  readonly redirectUris?: readonly string[];
  /** What its tokens bear as `aud` beside its id. */
  readonly audiences?: readonly string[];
  /** Of a service that verifies by a secret of its own (HS256): what `auth.token` signs with when it exchanges users’ tokens. */
  readonly exchangeSecret?: string;
}

/**
 * What a fake AuthCenter begins with; everything has a default.
 *
 * @example
 * import { createFakeAuthCenter, type FakeAuthCenterOptions } from '@authcenter/client/testing';
 *
 * const options: FakeAuthCenterOptions = {
 *   users: [{ username: 'li.lei', password: 'a good password', roles: ['Editor'] }],
 *   providers: { wechat: 'li.lei' },
 * };
 * createFakeAuthCenter(options);
 */
export interface FakeAuthCenterOptions {
  /** Where it pretends to be, and the issuer of its tokens, until it listens; default `https://auth.test`. */
  readonly url?: string;
  /** People that it knows. */
  readonly users?: readonly FakeUserSeed[];
  /** Roles beside the builtin ones. */
  readonly roles?: readonly FakeRoleSeed[];
  /** Applications that it knows. */
  readonly clients?: readonly FakeClientSeed[];
  /** Third parties, each with the user name of who signs in there, linked to them already; null: somebody who has no account yet. */
  readonly providers?: Readonly<Record<string, string | null>>;
  /** Whether whoever registers by e-mail must open the link in the mail first; default `optional`. */
  readonly emailVerification?: 'required' | 'optional' | 'off';
  /** What its configuration has of the run-time settings, by the names that `system.config.get` tells; default: as a server has it. */
  readonly settings?: UpdateSettingsInput['settings'];
  /** Calls webhooks: a receiver of the test's own, or `fetch`. Absent: nobody is called, and deliveries fail. */
  readonly webhookFetch?: typeof fetch;
  /** Names of roles that take two people: nobody grants one alone, as long as there are two who could; default: none. */
  readonly fourEyes?: readonly string[];
  /** Seconds that an access token is good for; default 900. */
  readonly accessTokenLife?: number;
}
