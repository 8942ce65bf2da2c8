// Log files of a whole yard: developers × servers × days, an equal part of the records in each.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, createRecordMaker, type ServerProcess } from './make-records.ts'

export const SERVERS = ['socketserver', 'dtserver', 'httpserver'] as const

const DAY_MS = 24 * 60 * 60 * 1000
/** Lines are written this many characters at a time. */
const PIECE_CHARACTERS = 256 * 1024

export interface Plan {
  readonly records: number
  readonly developers: number
  readonly days: number
  /** The UTC day of the last files, `2026-11-20`. */
  readonly lastDay: string
  readonly seed: number
}

export interface Generated {
  readonly records: number
  readonly bytes: number
  readonly files: number
  readonly developers: readonly string[]
  /** Oldest first. */
  readonly days: readonly string[]
}

/** Writes `<root>/<server>/<developer>/logs/<day>.jsonl`. Records of a file are in the order of arrival, spread over the whole day. */
export function generateLogs(root: string, { records, developers, days, lastDay, seed }: Plan): Generated {
  const names = Array.from({ length: developers }, (_, n) => `dev${n + 1}`)
  const lastMs = Date.parse(lastDay)
  const dayTexts = Array.from({ length: days }, (_, n) => dayText(lastMs - (days - 1 - n) * DAY_MS))
  const files = developers * SERVERS.length * days
  const maker = createRecordMaker(seed)
  const random = createRandom(seed + 1)
  let written = 0
  let bytes = 0
  let file = 0
  for (const [developer, name] of names.entries()) {
    for (const [position, server] of SERVERS.entries()) {
      const folder = join(root, server, name, 'logs')
      mkdirSync(folder, { recursive: true })
      const process: ServerProcess = { pid: 1000 + developer * 10 + position, release: releaseName(random), seq: 0 }
      for (const day of dayTexts) {
        const end = Math.round((records * ++file) / files)
        const count = end - written
        bytes += writeFile(join(folder, `${day}.jsonl`), count, Date.parse(day), (atMs) => maker.line(process, atMs))
        written = end
      }
    }
  }
  return { records: written, bytes, files, developers: names, days: dayTexts }
}

function writeFile(path: string, count: number, dayMs: number, line: (receivedMs: number) => string): number {
  const file = openSync(path, 'w')
  let bytes = 0
  let piece = ''
  for (let n = 0; n < count; n++) {
    piece += line(dayMs + Math.floor(((n + 0.5) * DAY_MS) / count))
    if (piece.length < PIECE_CHARACTERS && n < count - 1) continue
    bytes += writeSync(file, piece)
    piece = ''
  }
  closeSync(file)
  return bytes
}

function releaseName(random: () => number): string {
  return Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0')
}

export function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
