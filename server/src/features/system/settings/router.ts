// system.config: who sets what can be set while the servers run.
import { Settings, UpdateSettingsInput } from '@authcenter/shared';
import { endpoint, NoInput, router } from '../../../procedure.ts';
import { getSettings, updateSettings } from './service.ts';

export const settingsRouter = router({
  get: endpoint({
    access: 'system:CONFIG',
    rest: 'GET /system/config',
    summary: 'Read the settings that can be changed at run time, with their bounds',
    limit: 'read',
  })
    .input(NoInput)
    .output(Settings)
    .query(({ ctx }) => getSettings(ctx)),

  update: endpoint({
    access: 'system:CONFIG',
    rest: 'PUT /system/config',
    summary: 'Change run-time settings, in force on every instance at once; null goes back to the configuration',
    errors: ['VERSION_CONFLICT'],
    limit: 'write',
    stepUp: true,
  })
    .input(UpdateSettingsInput)
    .output(Settings)
    .mutation(({ ctx, input }) => updateSettings(ctx, input)),
});
