// Requests for access as the fake keeps them: a role asked for, for a while, and what others said to it.
import type { AccessRequest } from '@authcenter/shared/schemas';
import type { Call } from '../call.ts';
import { recordAct, recordSystemAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import { takesTwo } from './four-eyes.ts';

export interface AccessRequestRecord {
  readonly id: string;
  readonly user_id: string;
  readonly role_id: string;
  /** As it was called when it was asked for. */
  readonly role_name: string;
  readonly reason: string;
  readonly duration: number;
  status: AccessRequest['status'];
  approvals: AccessRequest['approvals'];
  decided_by: string | null;
  closed_at: Date | null;
  comment: string | null;
  granted_until: Date | null;
  readonly created_at: Date;
}

/** A request that nobody has decided ends after a week, in ms. */
const REQUEST_LIFE = 7 * 86_400_000;

const lapsesAt = ({ created_at }: AccessRequestRecord): Date => new Date(created_at.getTime() + REQUEST_LIFE);

export function lapseRequests(world: World): void {
  for (const request of world.accessRequests.values()) {
    const { id, status, role_name: role, user_id, approvals } = request;
    if (status !== 'pending' || lapsesAt(request) > world.clock.now()) continue;
    Object.assign(request, { status: 'lapsed', closed_at: world.clock.now() });
    recordSystemAct(world, {
      act: 'rbac.request_lapsed',
      target: { kind: 'access_request', id },
      details: { role, user_id, approvals: approvals.length },
    });
  }
}

export const approvalsNeeded = (world: World, roleName: string): number => (takesTwo(world, roleName) ? 2 : 1);

export function toAccessRequest(world: World, request: AccessRequestRecord): AccessRequest {
  const { role_name, ...fields } = request;
  const role = world.roles.table.byId.get(request.role_id)?.name ?? role_name;
  return {
    ...fields,
    username: world.users.get(request.user_id)?.username ?? null,
    role,
    approvals_needed: approvalsNeeded(world, role),
    lapses_at: lapsesAt(request),
  };
}

export const denyClosed = () => refuse('INVALID_TRANSITION', { detail: 'The request is closed already' });

export const recordOfRequest = (
  world: World,
  call: Call,
  act: string,
  { id, role_name: role }: AccessRequestRecord,
  details: Readonly<Record<string, unknown>> = {},
): void => recordAct(world, call, { act, target: { kind: 'access_request', id }, details: { role, ...details } });
