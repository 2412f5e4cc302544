// system.config: the settings that are changed at run time.
import type { Settings, UpdateSettingsInput } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import { recordAct } from '../record/acts.ts';
import { refuseField } from '../refusal.ts';

export const settingsAnswers = {
  'system.config.get': ({ settings }) => settings.show(),

  'system.config.update': (world, { version, settings: changes }, call) => {
    const { settings, roles } = world;
    const before = settings.show();
    const named = changes['security.mfa_required_roles'] ?? [];
    const unknown = named.filter((name) => !roles.table.byName.has(name));
    if (unknown.length > 0) refuseField('settings.security.mfa_required_roles', `no such role: ${unknown.join(', ')}`);
    settings.update(version, changes);
    const after = settings.show();
    const details = { changes: listChanges(changes, before, after) };
    recordAct(world, call, { act: 'system.settings_updated', target: { kind: 'settings', id: null }, details });
    return after;
  },
} satisfies Answers;

/** Of what was given, also where it is as it was. */
const listChanges = (given: UpdateSettingsInput['settings'], before: Settings, after: Settings) =>
  after.settings
    .filter(({ key }) => given[key] !== undefined)
    .map(({ key, value }) => ({ key, from: before.settings.find((one) => one.key === key)?.value, to: value }));
