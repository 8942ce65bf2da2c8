// ngx_http_limit_req_module and ngx_http_limit_conn_module.
import type { LimitConnZone, LimitReqZone, LocationConf } from '../conf.ts'
import { readText } from '../read-text.ts'
import type { References } from '../references.ts'
import { show, type Word } from '../tokenize.ts'
import { BadValue, readNumber, readOptions, readRate, readSize, rest } from '../values.ts'
import { directive, HTTP, ONE } from './directive.ts'

/** Eight pages, as in nginx. */
const ZONE_BYTES_MIN = 32 * 1024
const ZONE_BYTES_MAX = 2 ** 33

export const LIMITS = {
  limit_req_zone: directive<LimitReqZone>({
    contexts: ['edge'],
    usage: 'limit_req_zone KEY zone=NAME:SIZE rate=RATE;',
    args: [3, 3],
    many: true,
    read: readLimitReqZone,
    does: 'Counts requests by KEY, at RATE (`10r/s`, `30r/m`), in SIZE of memory.',
  }),
  limit_conn_zone: directive<LimitConnZone>({
    contexts: ['edge'],
    usage: 'limit_conn_zone KEY zone=NAME:SIZE;',
    args: [2, 2],
    many: true,
    read: readLimitConnZone,
    does: 'Counts requests under way and open sockets by KEY, in SIZE of memory.',
  }),
  limit_req: directive<LocationConf['limitReq'][number]>({
    contexts: HTTP,
    usage: 'limit_req zone=NAME [burst=NUMBER] [nodelay|delay=NUMBER];',
    args: [1, 4],
    many: true,
    read: readLimitReq,
    does: 'Requests beyond the rate wait, those beyond `burst` are refused.',
  }),
  limit_req_status: status('limit_req_status', 'What `limit_req` refuses with.'),
  limit_conn: directive<LocationConf['limitConn'][number]>({
    contexts: HTTP,
    usage: 'limit_conn ZONE NUMBER;',
    args: [2, 2],
    many: true,
    read: readLimitConn,
    does: 'So many of one key at once; more are refused.',
  }),
  limit_conn_status: status('limit_conn_status', 'What `limit_conn` refuses with.'),
}

function status(name: string, does: string) {
  return directive({
    contexts: HTTP,
    usage: `${name} CODE;`,
    args: ONE,
    read: ([word]) => readNumber(word!, { min: 400, max: 599 }),
    standard: '503',
    does,
  })
}

function readLimitReqZone([key, ...words]: readonly Word[], references: References): LimitReqZone {
  const options = readOptions(words, ['zone', 'rate'])
  const zone = readZone(options.get('zone'), key!)
  const rate = options.get('rate')
  if (rate === undefined) throw new BadValue(words.at(-1)!, 'The "rate=" is missing: write one like rate=10r/s')
  references.defines('limit_req_zone', zone.name)
  return { ...zone, key: readText(key!, references), perSecond: readRate(rate) }
}

function readLimitConnZone([key, ...words]: readonly Word[], references: References): LimitConnZone {
  const zone = readZone(readOptions(words, ['zone']).get('zone'), key!)
  references.defines('limit_conn_zone', zone.name)
  return { ...zone, key: readText(key!, references) }
}

function readZone(word: Word | undefined, key: Word): { name: string; bytesMax: number } {
  if (word === undefined) throw new BadValue(key, 'The "zone=" is missing: write one like zone=NAME:1m')
  const colon = word.text.indexOf(':')
  const name = colon === -1 ? word.text : word.text.slice(0, colon)
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) throw new BadValue(word, `${show(name)} is not the name of a zone`)
  if (colon === -1) throw new BadValue(word, `The zone ${show(name)} has no size: write zone=${name}:1m`)
  return { name, bytesMax: readSize(rest(word, colon + 1), { min: ZONE_BYTES_MIN, max: ZONE_BYTES_MAX }) }
}

function readLimitReq(words: readonly Word[], references: References): LocationConf['limitReq'][number] {
  const nodelay = words.find(({ text }) => text === 'nodelay')
  const options = readOptions(
    words.filter((word) => word !== nodelay),
    ['zone', 'burst', 'delay'],
  )
  const zone = options.get('zone')
  if (zone === undefined) throw new BadValue(words[0]!, 'The "zone=" is missing: write one like zone=NAME')
  const number = (word: Word | undefined) => (word === undefined ? 0 : readNumber(word, { min: 0, max: 1_000_000 }))
  const burst = number(options.get('burst'))
  const delay = options.get('delay')
  if (nodelay !== undefined && delay !== undefined)
    throw new BadValue(delay, '"delay=" and "nodelay" exclude each other')
  references.uses('limit_req_zone', zone.text, zone)
  // Whatever is not refused has at most `burst` too many.
  return { zone: zone.text, burst, delay: nodelay === undefined ? number(delay) : burst }
}

function readLimitConn([zone, count]: readonly Word[], references: References): LocationConf['limitConn'][number] {
  references.uses('limit_conn_zone', zone!.text, zone!)
  return { zone: zone!.text, connections: readNumber(count!, { min: 1, max: 65_535 }) }
}
