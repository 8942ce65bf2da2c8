// A conf with its scripts loaded and its stores ready: what a server serves by. A reload makes the next one beside it.
import { resolve } from 'node:path'
import type { Conf, ListenConf, LocationConf, ServerConf, TimeoutsConf, TlsConf } from '../contract/conf/conf.ts'
import type { Stores } from '../stores/create-stores.ts'
import type { ContextGeneration, ContextServices } from './context.ts'
import { createSharedState, type SharedState } from './dict/shared-state.ts'
import { type LoadedScript, loadScript } from './loaded-script.ts'
import { planServer } from './phases.ts'
import { findIn } from './rewrite/find-location.ts'
import { createRouter, type Router } from './routing.ts'
import type { ScriptSource } from './script-source.ts'
import { UnderWay } from './under-way.ts'
import type { Watchdog } from './watchdog/watchdog.ts'
import type { World } from './world.ts'

export interface Generation {
  readonly conf: Conf
  readonly release: string
  readonly services: ContextServices
  readonly stores: Stores
  readonly shared: SharedState
  /** By the file that the conf names. */
  readonly scripts: ReadonlyMap<string, LoadedScript>
  /** One for each address that the conf listens on, in its order. */
  readonly addresses: ReadonlyMap<string, Address>
  /** What it is answering. */
  readonly underWay: UnderWay
}

export interface Address {
  readonly at: ListenConf['address']
  /** Its paths are absolute. */
  readonly tls: TlsConf | undefined
  /** Of its default server. */
  readonly timeouts: TimeoutsConf
  /** Which server answers a Host. */
  readonly route: Router
}

export interface GenerationOptions {
  readonly conf: Conf
  /** The sandbox's folder, absolute. */
  readonly prefix: string
  readonly release: string
  readonly services: ContextServices
  readonly world: World
  exiting(): boolean
  /** Gives what a script does while it is loaded an end. */
  readonly load: Watchdog['load']
}

/** Loads every script, without starting it. Throws what a script's top level throws, or SCRIPT_INVALID. */
export function createGeneration(options: GenerationOptions): Generation {
  const { conf, release, services } = options
  const shared = createSharedState(conf, services.zones, services.locks)
  const stores = options.world.createStores(conf, services.logger)
  const scripts = new Map<string, LoadedScript>()
  for (const location of conf.servers.flatMap((server) => server.locations)) {
    const { handler } = location
    if (handler.kind !== 'script' || scripts.has(handler.file)) continue
    scripts.set(handler.file, loadOne(options, { services, stores, shared }, handler.file, location))
  }
  return {
    conf,
    release,
    services,
    stores,
    shared,
    scripts,
    addresses: addressesOf(options, shared, (file) => scripts.get(file)!.source),
    underWay: new UnderWay(),
  }
}

/** Runs the `start` hooks. Rejects with what the first of them throws. */
export async function startGeneration(generation: Generation): Promise<void> {
  for (const script of generation.scripts.values()) await script.start()
}

/**
 * Runs the `stop` hooks, and closes the stores when nobody uses them any more: jobs that are under way and, while another generation
 * serves on, requests. Ends with `deadline`, whatever they do.
 */
export async function stopGeneration(
  generation: Generation,
  why: 'reload' | 'quit',
  deadline: Promise<void>,
): Promise<void> {
  const scripts = [...generation.scripts.values()]
  for (const script of scripts) script.endTimers()
  await Promise.race([Promise.all(scripts.map((script) => script.stop(why))), deadline])
  const { services, underWay } = generation
  const users = why === 'reload' ? [underWay.idle(), services.jobs.idle()] : [services.jobs.idle()]
  await Promise.race([Promise.all(users), deadline])
  await Promise.race([generation.stores.close(), deadline])
}

function loadOne(
  options: GenerationOptions,
  generation: ContextGeneration,
  file: string,
  location: LocationConf,
): LoadedScript {
  const { conf, release, world, exiting } = options
  const load = <T>(run: () => T): T => options.load(conf.cpuLimit, run)
  return loadScript({ file, release, codeCache: conf.codeCache, env: location.env, generation, world, exiting, load })
}

function addressesOf(
  { conf, prefix, release, services }: GenerationOptions,
  { buckets }: SharedState,
  sourceOf: (file: string) => ScriptSource,
) {
  const planServices = { conf, release, sourceOf, buckets, zones: services.zones, accessLogs: services.accessLogs }
  const plans = new Map(conf.servers.map((server) => [server, planServer(server, planServices, findIn)]))
  const addresses = new Map<string, Address>()
  for (const { address } of conf.servers.flatMap(({ listens }) => listens)) {
    const key = addressKey(address)
    if (addresses.has(key)) continue
    const here = conf.servers.filter(({ listens }) => listens.some((listen) => addressKey(listen.address) === key))
    const isSsl = here.some(({ listens }) => listens.some((listen) => addressKey(listen.address) === key && listen.ssl))
    const isDefault = ({ listens }: ServerConf) =>
      listens.some((listen) => addressKey(listen.address) === key && listen.defaultServer)
    const [first = here[0]!] = here.filter(isDefault)
    const ordered = [first, ...here.filter((server) => server !== first)]
    const tls = isSsl ? ordered.find((server) => server.tls !== undefined)?.tls : undefined
    addresses.set(key, {
      at: address,
      tls: tls && { ...tls, certificate: resolve(prefix, tls.certificate), key: resolve(prefix, tls.key) },
      timeouts: first.timeouts,
      route: createRouter(ordered.map((server) => plans.get(server)!)),
    })
  }
  return addresses
}

/** Two listens with one key share a socket. */
function addressKey(address: ListenConf['address']): string {
  return 'path' in address ? `unix:${address.path}` : `${address.host}:${address.port}`
}
