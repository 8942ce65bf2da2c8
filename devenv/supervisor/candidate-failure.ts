// Why a candidate did not get ready, as its developer should read it: the place in their file, and what it said last.
import { open, readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import type { StartFailure } from '../../servers/contract/channel.ts'
import { parseConf } from '../../servers/contract/conf/parse-conf.ts'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import type { SandboxName } from '../../servers/contract/names.ts'
import { parseRecordLine } from '../../servers/contract/record.ts'
import { type BuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { CandidateFailure } from '../control/protocol.ts'
import type { Target } from './launch-sandbox.ts'
import { LAST_LINES_MAX } from './output-tail.ts'
import type { YardContext } from './yard-context.ts'

export type FailureReason = {
  /** When its process was started: what was logged before is another's. */
  readonly since: Date
  /** The last lines of its stdout and stderr. */
  readonly output?: readonly string[]
} & (
  | { readonly kind: 'told'; readonly failure: StartFailure }
  /** `hung`, `ended`: without a word, so only the file is known, or what is likely. */
  | { readonly kind: 'hung' | 'ended' | 'other'; readonly message: string }
)

/** As much of a day's records as can hold the last lines of one start. */
const RECORDS_BYTES = 64 * 1024

export async function describeFailure(
  { layout }: YardContext,
  name: SandboxName,
  target: Target,
  reason: FailureReason,
): Promise<CandidateFailure> {
  const release = layout.sandbox(name).release(releaseName(target.commit))
  const message = reason.kind === 'told' ? reason.failure.message : reason.message
  const output = reason.output ?? []
  const place = await findPlace(release, target, reason)
  const logged = await readLogged(layout.logs(name.server, name.developer), target.commit, reason.since)
  return {
    server: name.server,
    developer: name.developer,
    message,
    ...(place === null ? {} : { diagnostic: { ...place, message } }),
    // What it wrote to stderr may be among the records by now, and what is the matter has been said.
    lastLines: [...logged.filter((line) => !output.some((same) => line.endsWith(same))), ...output]
      .filter((line) => !line.includes(message))
      .slice(-LAST_LINES_MAX),
  }
}

async function findPlace(
  release: string,
  { conf }: Target,
  reason: FailureReason,
): Promise<Omit<Diagnostic, 'message'> | null> {
  if (reason.kind === 'other') return null
  if (reason.kind === 'told') {
    const { at, phase } = reason.failure
    if (at !== undefined) return { ...at, ...lineTextOf((await readSource(release, at.file)) ?? '', at.line) }
    if (phase !== 'script') return null
  }
  const file = firstScript(conf.text)
  const source = file === null ? null : await readSource(release, file)
  if (file === null || source === null) return null
  const line = reason.kind === 'hung' ? lineOfStart(source) : 1
  const lineText = source.split('\n')[line - 1] ?? ''
  const column = reason.kind === 'hung' && line > 1 ? lineText.search(/\bstart\b/) + 1 : 1
  return { file, line, column, ...lineTextOf(source, line) }
}

/** Nobody could tell where it hangs; a start hook is the likely place. */
function lineOfStart(source: string): number {
  return (
    Math.max(
      0,
      source.split('\n').findIndex((line) => /\bstart\s*[(:]/.test(line)),
    ) + 1
  )
}

function lineTextOf(source: string, line: number): { lineText?: string } {
  const lineText = source.split('\n')[line - 1]?.replace(/\r$/, '')
  return lineText === undefined ? {} : { lineText }
}

function firstScript(confText: string): string | null {
  const locations = parseConf(confText, { file: 'server.conf' }).servers.flatMap((server) => server.locations)
  return locations.flatMap(({ handler }) => (handler.kind === 'script' ? [handler.file] : []))[0] ?? null
}

/** A file of the release; a path out of it, which a failing script may have made up, is none. */
async function readSource(release: string, file: string): Promise<string | null> {
  const path = normalize(file)
  if (path.startsWith('..') || path.startsWith('/')) return null
  return await readFile(join(release, path), 'utf8').catch(() => null)
}

/** What this release has logged since it was started, oldest first. */
async function readLogged(folder: string, commit: BuiltCommit, since: Date): Promise<string[]> {
  const day = new Date().toISOString().slice(0, 10)
  const text = await readEnd(join(folder, `${day}.jsonl`))
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => parseRecordLine(line, { server: '', developer: '' }))
    .filter(({ release, received }) => release === releaseName(commit) && Date.parse(received) >= since.getTime())
    .map(({ severity, message }) => `[${severity}] ${message}`)
    .slice(-LAST_LINES_MAX)
}

async function readEnd(path: string): Promise<string> {
  const handle = await open(path).catch(() => null)
  if (handle === null) return ''
  try {
    const { size } = await handle.stat()
    const buffer = Buffer.alloc(Math.min(size, RECORDS_BYTES))
    await handle.read(buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('utf8')
  } finally {
    await handle.close()
  }
}
