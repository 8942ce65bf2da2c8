// `ports:` of yard.yml, where the next developer's ports come from:
//
//   ports:
//     socketserver: 1080-1379
//     dtserver: 1380-1679
//     httpserver: 8000-8079
//     redis: 6380-6679
//
// What somebody has already stays: it is in serverctrl's values.
import { isMap, type Node } from 'yaml'
import { PORT_KINDS, type PortKind, type PortRange, type PortRanges, renderRange } from '../sandbox/ports.ts'
import { type Complain, fieldsOf, PORT_MAX, PORT_MIN, startOf } from './settings-fields.ts'

/** Pure. What is missing is as in `usual`; two ranges that meet are complained about, because each would eat the other up. */
export function parsePorts(node: Node | undefined, usual: PortRanges, complain: Complain): PortRanges {
  if (node === undefined) return usual
  if (!isMap(node)) {
    complain(startOf(node), `ports must be a map of ${PORT_KINDS.join(', ')}`)
    return usual
  }
  const fields = fieldsOf(node, PORT_KINDS, complain)
  const given = PORT_KINDS.flatMap((kind) => {
    const range = fields.one(kind, parseRange, `a range of ports from ${PORT_MIN} to ${PORT_MAX}, e.g. 1080-1379`)
    return range === undefined ? [] : [[kind, range] as const]
  })
  const ranges: PortRanges = { ...usual, ...Object.fromEntries(given) }
  given.forEach(([kind, range], position) => {
    const place = startOf(fields.node(kind)!)
    for (const other of PORT_KINDS) {
      const later = given.findIndex(([name]) => name === other)
      // Of two that were given the later one is told.
      if (other === kind || later > position || !meet(range, ranges[other])) continue
      complain(place, describeMeeting(kind, range, other, ranges[other]), `say another range for ${other}, too`)
    }
  })
  return ranges
}

function parseRange(value: unknown): PortRange | undefined {
  const parts = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(String(value))
  if (parts === null) return undefined
  const [from, to] = [Number(parts[1]), Number(parts[2] ?? parts[1])]
  return from >= PORT_MIN && to <= PORT_MAX && from <= to ? { from, to } : undefined
}

const meet = (a: PortRange, b: PortRange) => a.from <= b.to && b.from <= a.to

function describeMeeting(kind: PortKind, range: PortRange, other: PortKind, others: PortRange): string {
  return `${kind}: ${renderRange(range)} and ${other}: ${renderRange(others)} have ports in common`
}
