// A conf with its scripts loaded and its stores ready: what a server serves by. A reload makes the next one beside it.
import type { Conf, LocationConf } from '../contract/conf/conf.ts'
import { createStores, type Stores } from '../stores/create-stores.ts'
import type { ContextServices } from './context.ts'
import { type LoadedScript, loadScript } from './loaded-script.ts'
import { createRouter, type Router } from './routing.ts'
import { UnderWay } from './under-way.ts'

export interface Generation {
  readonly conf: Conf
  readonly release: string
  readonly services: ContextServices
  readonly stores: Stores
  /** By the file that the conf names. */
  readonly scripts: ReadonlyMap<string, LoadedScript>
  /** One for each address that the conf listens on, in its order. */
  readonly addresses: ReadonlyMap<string, Address>
  /** What it is answering. */
  readonly underWay: UnderWay
}

interface Address {
  readonly host: string
  readonly port: number
  readonly route: Router
}

export interface GenerationOptions {
  readonly conf: Conf
  readonly release: string
  readonly services: ContextServices
  exiting(): boolean
}

/** Loads every script, without starting it. Throws what a script's top level throws, or SCRIPT_INVALID. */
export function createGeneration(options: GenerationOptions): Generation {
  const { conf, release, services } = options
  const stores = createStores(conf)
  const scripts = new Map<string, LoadedScript>()
  for (const location of conf.servers.flatMap((server) => server.locations)) {
    const { handler } = location
    if (handler.kind !== 'script' || scripts.has(handler.file)) continue
    scripts.set(handler.file, loadOne(options, stores, handler.file, location))
  }
  return { conf, release, services, stores, scripts, addresses: addressesOf(conf), underWay: new UnderWay() }
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

function loadOne(options: GenerationOptions, stores: Stores, file: string, location: LocationConf): LoadedScript {
  const { conf, release, services, exiting } = options
  return loadScript({ file, release, codeCache: conf.codeCache, env: location.env, services, stores, exiting })
}

function addressesOf(conf: Conf): Map<string, Address> {
  const keys = new Set(conf.servers.map(({ listen }) => `${listen.host}:${listen.port}`))
  return new Map(
    [...keys].map((key) => {
      const servers = conf.servers.filter(({ listen }) => `${listen.host}:${listen.port}` === key)
      return [key, { ...servers[0]!.listen, route: createRouter(servers) }]
    }),
  )
}
