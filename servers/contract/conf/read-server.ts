// A `server` block → its addresses, names, rewrites and locations.
import { allOf, type Block, type Bound, oneOf } from './bind-block.ts'
import type { ListenConf, LocationConf, ServerConf, ServerName, TlsConf } from './conf.ts'
import { standardOf } from './directives.ts'
import { given, inherited, listed, type Scopes, valuesOf } from './inherit.ts'
import type { Problems } from './problems.ts'
import { type Formats, readLocationConf, readRewrites } from './read-location-conf.ts'

export interface ReadingServers {
  readonly edge: Block
  readonly formats: Formats
  readonly problems: Problems
}

export function readServers(reading: ReadingServers): ServerConf[] {
  const servers = allOf(reading.edge, 'server')
  refuseDoubles(servers, reading.problems)
  return servers.map((server) => readServer(server, reading))
}

function readServer({ block, place }: Bound<'server'>, reading: ReadingServers): ServerConf {
  const { edge, problems } = reading
  const scopes = [block, edge]
  const listens = listensOf(block)
  const tls = readTls(block, scopes, problems)
  return {
    listens,
    serverNames: namesOf(block),
    ...(tls === undefined ? {} : { tls }),
    rewrites: readRewrites(block),
    realIp: {
      from: valuesOf(listed(scopes, 'set_real_ip_from')),
      header: given(scopes, 'real_ip_header'),
      recursive: given(scopes, 'real_ip_recursive'),
    },
    timeouts: {
      clientHeaderMs: given(scopes, 'client_header_timeout'),
      clientBodyMs: given(scopes, 'client_body_timeout'),
      sendMs: given(scopes, 'send_timeout'),
      keepaliveMs: given(scopes, 'keepalive_timeout'),
      keepaliveRequests: given(scopes, 'keepalive_requests'),
    },
    locations: readLocations(block, reading),
    base: readLocationConf({ ...reading, block, server: block, scopes, where: BASE, place, flawed: true }),
  }
}

const BASE = { match: 'prefix', path: '/', caseless: false } as const

function readLocations(server: Block, reading: ReadingServers): LocationConf[] {
  const seen = new Set<string>()
  return allOf(server, 'location').flatMap(({ value: where, place, argsPlace, block, flawed }) => {
    const conf = readLocationConf({
      ...reading,
      block,
      server,
      scopes: [block, server, reading.edge],
      where: where ?? BASE,
      place,
      flawed,
    })
    if (where === undefined) return []
    const isPrefix = where.match === 'prefix' || where.match === 'final-prefix'
    const key = `${isPrefix ? 'prefix' : `${where.match}${where.caseless ? '*' : ''}`} ${where.path}`
    if (seen.has(key)) reading.problems.add(argsPlace, 'There is a location for this path already')
    seen.add(key)
    return conf
  })
}

function listensOf(server: Block): ListenConf[] {
  const listens = valuesOf(allOf(server, 'listen'))
  return listens.length === 0 ? [standardOf('listen')] : listens
}

function namesOf(server: Block): ServerName[] {
  const names = valuesOf(allOf(server, 'server_name')).flat()
  return names.filter((name, index) => names.findIndex((other) => keyOf(other) === keyOf(name)) === index)
}

function keyOf(name: ServerName): string {
  return name.kind === 'pattern' ? `~${name.pattern.source}` : `${name.kind} ${name.name}`
}

function shown(name: ServerName): string {
  if (name.kind === 'pattern') return `~${name.pattern.source}`
  if (name.kind === 'suffix') return name.bare ? name.name : `*${name.name}`
  return name.kind === 'prefix' ? `${name.name}.*` : name.name
}

export function addressOf({ address }: ListenConf): string {
  return 'path' in address ? `unix:${address.path}` : `${address.host}:${address.port}`
}

/** nginx ignores the second of two servers with one name; whoever wrote it did not mean that. */
function refuseDoubles(servers: readonly Bound<'server'>[], problems: Problems): void {
  const named = new Set<string>()
  const defaults = new Set<string>()
  const ssl = new Map<string, boolean>()
  for (const { block } of servers) {
    const names = allOf(block, 'server_name')
    const known = names.every(({ value }) => value !== undefined)
    const here = new Set<string>()
    for (const listen of allOf(block, 'listen')) {
      if (listen.value === undefined) continue
      const address = addressOf(listen.value)
      if (here.has(address)) {
        problems.add(listen.argsPlace, `This server listens on ${address} already`)
        continue
      }
      here.add(address)
      if (listen.value.defaultServer && defaults.has(address)) {
        problems.add(listen.argsPlace, `There is a default server for ${address} already`)
      }
      if (listen.value.defaultServer) defaults.add(address)
      if (ssl.has(address) && ssl.get(address) !== listen.value.ssl) {
        problems.add(
          listen.argsPlace,
          `Another server listens on ${address} with "ssl" otherwise: write it in all or in none`,
        )
      }
      ssl.set(address, listen.value.ssl)
      if (!known) continue
      const all = namesOf(block)
      for (const name of all.length === 0 ? standardOf('server_name') : all) {
        const key = `${address} ${keyOf(name)}`
        const called = shown(name) === '' ? 'without a name' : `called "${shown(name)}"`
        if (named.has(key)) {
          problems.add((names[0] ?? listen).argsPlace, `There is a server ${called} on ${address} already`)
        }
        named.add(key)
      }
    }
  }
}

function readTls(server: Block, scopes: Scopes, problems: Problems): TlsConf | undefined {
  const listen = allOf(server, 'listen').find(({ value }) => value?.ssl)
  if (listen === undefined) return undefined
  const names = ['ssl_certificate', 'ssl_certificate_key'] as const
  const missing = names.filter((name) => scopes.every((block) => oneOf(block, name) === undefined))
  if (missing.length > 0) {
    const quoted = missing.map((name) => `"${name}"`).join(' and ')
    problems.add(listen.argsPlace, `There is no ${quoted} for this "ssl"`, `write ${missing[0]} FILE; in the server`)
  }
  const ciphers = inherited(scopes, 'ssl_ciphers')
  return {
    certificate: inherited(scopes, 'ssl_certificate') ?? '',
    key: inherited(scopes, 'ssl_certificate_key') ?? '',
    protocols: given(scopes, 'ssl_protocols'),
    ...(ciphers === undefined ? {} : { ciphers }),
  }
}
