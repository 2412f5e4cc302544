// Which devices a person signs in from: told apart coarsely, remembered as keyed hashes, so that a new one can be told of.
import type { Caller, Ctx } from '../../../context.ts';
import type { UserDocument } from '../../users/document.ts';
import type { SessionDocument } from './repository.ts';

/** Devices remembered per person; the one not seen for longest goes. */
const KEPT_DEVICES = 20;

/** An update of the browser makes no new device: versions are left out. */
export const keyOfDevice = (
  { hashIdentifier }: Ctx<'hashIdentifier', Caller | null>,
  { user_id, device_info }: SessionDocument,
): string =>
  hashIdentifier(
    JSON.stringify([
      'device',
      user_id.toHexString(),
      (device_info.user_agent ?? '').replaceAll(/[\d.]+/g, ''),
      device_info.device_type,
      device_info.device_name,
    ]),
  );

export interface NotedDevice {
  readonly devices: readonly { readonly key: string; readonly last_seen_at: Date }[];
  /** Never the first of an account: there is nothing yet that it could differ from. */
  readonly isNew: boolean;
}

export function noteDevice({ login_history }: UserDocument, key: string, now: Date): NotedDevice {
  const known = login_history.devices ?? [];
  const others = known.filter((device) => device.key !== key);
  return {
    devices: [{ key, last_seen_at: now }, ...others].slice(0, KEPT_DEVICES),
    isNew: known.length > 0 && others.length === known.length,
  };
}
