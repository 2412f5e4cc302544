// `authcenter config`: shows the configuration that a start would use, or what is wrong with it.
import { parse } from 'yaml';
import { ConfigError, type LoadedConfig, loadConfig, printConfig } from '../../server/src/config.ts';
import { readConfig } from '../dev/config.ts';
import { type Command, type CommandCall, readAction } from './command.ts';

export const configCommand: Command = {
  name: 'config',
  usage: 'config [print|check] [--json]',
  summary: 'Prints the configuration with its secrets masked, or checks it',
  json: true,
  async run(call) {
    const action = readAction(call, ['print', 'check']);
    try {
      const { loaded, embedded } = readAsStarted(call);
      if (action === 'print') print(loaded, embedded, call.json);
      else if (call.json) console.log(JSON.stringify({ ok: true, problems: [], notices: loaded.notices }, null, 2));
      else console.log(['The configuration is good.', ...loaded.notices].join('\n'));
      return 0;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (call.json) console.log(JSON.stringify({ ok: false, problems: error.problems, notices: [] }, null, 2));
      else console.error(error.message);
      return 1;
    }
  },
};

/** In development the start itself brings the database and the key; production has to be given both. */
function readAsStarted({ env, cwd }: CommandCall): { loaded: LoadedConfig; embedded: boolean } {
  const read = readConfig(env, cwd);
  return read.loaded.config.server.mode === 'production' ? { loaded: loadConfig({ env, cwd }), embedded: false } : read;
}

function print({ config }: LoadedConfig, embedded: boolean, json: boolean): void {
  const text = printConfig(config);
  if (json) {
    console.log(JSON.stringify(parse(text), null, 2));
    return;
  }
  if (embedded)
    console.log('# mongodb.uri is a placeholder: without MONGODB_URI the start runs a database of its own.');
  console.log(text.trimEnd());
}
