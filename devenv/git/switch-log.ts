// What was live, in git: `refs/live/<server>/<developer>` at the live commit, and one commit a switch below
// `refs/log/<server>/<developer>`, whose tree is the live one's and whose parent is the entry before. Written by the daemon
// alone, one after another; nobody may push them, everybody who may fetch the repository may fetch them.
import { type SandboxName, type ServerName, sandboxKey } from '../../servers/contract/names.ts'
import { BUILT_COMMIT, type BuiltCommit, parseBuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { By } from '../control/by.ts'
import { printable } from '../control/printable.ts'
import { runCommand, runOk } from '../exec/run-command.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { AUTHOR, gitCommand, NO_COMMIT } from './git.ts'
import { readObjects } from './read-objects.ts'

/** Entries that are kept of a sandbox at least; when twice as many are there, the older half is let go. */
export const LOG_ENTRIES_KEPT = 500
const SUBJECT_MAX = 72

export interface Switch {
  readonly built: BuiltCommit
  readonly by: By
  /** `push`, `rollback`, `restart` … */
  readonly what: string
  readonly at: Date
}

export interface SwitchEntry {
  readonly built: BuiltCommit
  readonly release: string
  readonly subject: string
  readonly who: string
  readonly what: string
  /** ISO 8601 UTC. */
  readonly at: string
  /** Counts the entries, 1 for the oldest that is kept. */
  readonly number: number
}

export const liveRef = ({ server, developer }: SandboxName) => `refs/live/${server}/${developer}`
export const logRef = ({ server, developer }: SandboxName) => `refs/log/${server}/${developer}`

/** The entries of a sandbox, newest first; none for one that never ran. */
export async function readSwitches(
  layout: YardLayout,
  name: SandboxName,
  max: number = LOG_ENTRIES_KEPT,
): Promise<SwitchEntry[]> {
  const args = ['log', '-z', '--first-parent', `--max-count=${max}`, '--format=%B', '--end-of-options', logRef(name)]
  const { exitCode, stdout } = await runCommand(gitCommand(layout.repository(name.server), args))
  // No such ref.
  if (exitCode !== 0) return []
  return stdout
    .toString('utf8')
    .split('\0')
    .flatMap((text) => parseEntry(text) ?? [])
}

/** Adds an entry and points the live ref at the commit. Throws COMMAND_FAILED. */
export async function writeSwitch(layout: YardLayout, name: SandboxName, entry: Switch): Promise<void> {
  const folder = layout.repository(name.server)
  const { commit } = parseBuiltCommit(entry.built)
  const [tree, script, before] = await readObjects(folder, [`${commit}^{tree}`, commit, logRef(name)])
  if (tree == null || script == null) throw new Error(`Cannot log ${sandboxKey(name)}: commit ${commit} is not there`)
  const number = (before == null ? 0 : (parseEntry(messageOf(before.data))?.number ?? 0)) + 1
  const text = [
    `tree ${tree.id}`,
    ...(before == null ? [] : [`parent ${before.id}`]),
    ...authorship(entry),
    '',
    renderEntry(entry, subjectOf(script.data), number),
  ].join('\n')
  const input = Buffer.from(text)
  const { stdout } = await runOk(gitCommand(folder, ['hash-object', '-t', 'commit', '-w', '--stdin']), { input })
  const next = stdout.toString('latin1').trim()
  await updateRefs(folder, [
    `update ${logRef(name)} ${next} ${before?.id ?? NO_COMMIT}`,
    `update ${liveRef(name)} ${commit}`,
  ])
  if (number >= 2 * LOG_ENTRIES_KEPT) await trimSwitches(layout, name, next)
}

/** The live and log refs of a server, by ref. */
export async function listSwitchRefs(layout: YardLayout, server: ServerName): Promise<Map<string, string>> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/live/', 'refs/log/']
  const { stdout } = await runOk(gitCommand(layout.repository(server), args))
  const lines = stdout.toString('latin1').split('\n').filter(Boolean)
  return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]))
}

/** Takes refs of ours away; those that are gone already do not matter. */
export async function removeRefs(layout: YardLayout, server: ServerName, refs: readonly string[]): Promise<void> {
  if (refs.length > 0)
    await updateRefs(
      layout.repository(server),
      refs.map((ref) => `delete ${ref}`),
    )
}

/** Points a branch elsewhere if it still is where it was looked at. False when it has moved. */
export async function moveBranch(
  layout: YardLayout,
  { server, developer }: SandboxName,
  move: { readonly from: string; readonly to: string; readonly why: string },
): Promise<boolean> {
  const args = ['update-ref', '--create-reflog', '-m', move.why, `refs/heads/${developer}`, move.to, move.from]
  return (await runCommand(gitCommand(layout.repository(server), args))).exitCode === 0
}

/** Writes the newer half once more, as a log that begins there. */
async function trimSwitches(layout: YardLayout, name: SandboxName, tip: string): Promise<void> {
  const folder = layout.repository(name.server)
  const args = ['rev-list', '--reverse', '--first-parent', `--max-count=${LOG_ENTRIES_KEPT}`, tip]
  const { stdout } = await runOk(gitCommand(folder, args))
  const ids = stdout.toString('latin1').split('\n').filter(Boolean)
  const parts: Buffer[] = []
  const objects = await readObjects(folder, ids)
  objects.forEach((object, index) => {
    const text = object!.data.toString('utf8')
    const head = text.slice(0, text.indexOf('\n\n')).split('\n')
    const message = Buffer.from(messageOf(object!.data).replace(/^Entry: \d+$/m, `Entry: ${index + 1}`))
    const people = head.filter((line) => /^(author|committer) /.test(line))
    const from = index === 0 ? '' : `from :${index}\n`
    const tree = head.find((line) => line.startsWith('tree '))!.slice(5)
    parts.push(Buffer.from(`commit refs/trim\nmark :${index + 1}\n${people.join('\n')}\ndata ${message.length}\n`))
    parts.push(message, Buffer.from(`\n${from}M 040000 ${tree} \n\n`))
  })
  const input = Buffer.concat([
    ...[Buffer.from('feature done\n'), ...parts],
    Buffer.from(`get-mark :${ids.length}\nreset refs/trim\nfrom ${NO_COMMIT}\n\ndone\n`),
  ])
  const done = await runOk(gitCommand(folder, ['fast-import', '--quiet', '--done', '--force']), { input })
  await updateRefs(folder, [`update ${logRef(name)} ${done.stdout.toString('latin1').trim()} ${tip}`])
}

/** All or none. */
async function updateRefs(folder: string, lines: readonly string[]): Promise<void> {
  const input = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  await runOk(gitCommand(folder, ['update-ref', '--stdin']), { input })
}

function authorship({ by, at }: Switch): string[] {
  const when = `${Math.floor(at.getTime() / 1000)} +0000`
  return [`author ${by.who} <${by.who}@localhost> ${when}`, `committer ${AUTHOR.name} <${AUTHOR.email}> ${when}`]
}

function renderEntry({ built, by, what, at }: Switch, subject: string, number: number): string {
  const release = releaseName(built)
  return [
    `${release} is live: ${what} by ${by.who}`,
    '',
    `Release: ${release}`,
    `Commit: ${built}`,
    `Subject: ${subject}`,
    `What: ${what}`,
    `Who: ${by.who}`,
    `Key: ${by.key ?? '-'}`,
    `When: ${at.toISOString()}`,
    'Result: live',
    `Entry: ${number}`,
    '',
  ].join('\n')
}

function parseEntry(message: string): SwitchEntry | undefined {
  const value = (key: string) => new RegExp(`^${key}: (.*)$`, 'm').exec(message)?.[1] ?? ''
  const built = value('Commit')
  if (!BUILT_COMMIT.test(built)) return undefined
  return {
    built,
    release: releaseName(built),
    subject: value('Subject'),
    who: value('Who'),
    what: value('What'),
    at: value('When'),
    number: Number(value('Entry')) || 0,
  }
}

/** The message of a commit object. */
function messageOf(commit: Buffer): string {
  const text = commit.toString('utf8')
  return text.slice(text.indexOf('\n\n') + 2)
}

function subjectOf(commit: Buffer): string {
  const line = printable(messageOf(commit).trimStart().split('\n', 1)[0] ?? '')
  return line.length > SUBJECT_MAX ? `${line.slice(0, SUBJECT_MAX - 1)}…` : line
}
