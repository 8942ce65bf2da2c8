// What was live, in git: `refs/live/<server>/<developer>` at the live commit, and one commit a switch below
// `refs/log/<server>/<developer>`, whose tree is the live one's and whose parent is the entry before. Written by the daemon
// alone, one after another; nobody may push them, everybody who may fetch the repository may fetch them.
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { type SandboxName, type ServerName, sandboxKey } from '../../servers/contract/names.ts'
import { BUILT_COMMIT, type BuiltCommit, parseBuiltCommit, releaseName } from '../../servers/contract/release.ts'
import type { By } from '../control/by.ts'
import { printable } from '../control/printable.ts'
import { runCommand, runOk } from '../exec/run-command.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { importCommits } from './fast-import.ts'
import { AUTHOR, gitCommand, NO_COMMIT } from './git.ts'
import { readObjects } from './read-objects.ts'
import { listRefs, resolveBranch, updateRefs } from './refs.ts'

/** Entries that are kept of a sandbox at least; when twice as many are there, the older half is let go. */
export const LOG_ENTRIES_KEPT = 500
/** What a rollback needs stays, however much it holds. */
const LOG_ENTRIES_MIN = 5
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

/** Adds an entry and points the live ref at the commit. Throws RELEASE_UNKNOWN for one that is not there, and COMMAND_FAILED. */
export async function writeSwitch(layout: YardLayout, name: SandboxName, entry: Switch): Promise<void> {
  const folder = layout.repository(name.server)
  const { commit } = parseBuiltCommit(entry.built)
  const [tree, script, before] = await readObjects(folder, [`${commit}^{tree}`, commit, logRef(name)])
  if (tree == null || script == null)
    throw new EdgeyardError('RELEASE_UNKNOWN', `Cannot log ${sandboxKey(name)}: commit ${commit} is not there`)
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
  await updateRefs(layout, name.server, [
    `update ${logRef(name)} ${next} ${before?.id ?? NO_COMMIT}`,
    `update ${liveRef(name)} ${commit}`,
  ])
  if (number >= 2 * LOG_ENTRIES_KEPT) await keepNewest(layout, name, { tip: next, kept: LOG_ENTRIES_KEPT })
}

/** The live and log refs of a server, by ref. */
export function listSwitchRefs(layout: YardLayout, server: ServerName): Promise<Map<string, string>> {
  return listRefs(layout, server, ['refs/live/', 'refs/log/'])
}

/** Takes refs of ours away; those that are gone already do not matter. */
export async function removeRefs(layout: YardLayout, server: ServerName, refs: readonly string[]): Promise<void> {
  await updateRefs(
    layout,
    server,
    refs.map((ref) => `delete ${ref}`),
  )
}

/** Points a branch elsewhere if it still is where it was looked at. False when it has moved. Throws COMMAND_FAILED. */
export async function moveBranch(
  layout: YardLayout,
  { server, developer }: SandboxName,
  move: { readonly from: string; readonly to: string; readonly why: string },
): Promise<boolean> {
  const args = ['update-ref', '--create-reflog', '-m', move.why, `refs/heads/${developer}`, move.to, move.from]
  const folder = layout.repository(server)
  const { exitCode, stderr } = await runCommand(gitCommand(folder, args))
  if (exitCode === 0) return true
  if ((await resolveBranch(layout, server, developer)) !== move.from) return false
  const why = (stderr.split('\n', 1)[0] ?? '').replaceAll(`${folder}/`, '')
  throw new EdgeyardError('COMMAND_FAILED', `Cannot move branch ${developer} of ${server}: git said "${why}"`)
}

/** Lets the older half of a log go, because of what it holds; a few entries stay. Throws COMMAND_FAILED. */
export async function halveSwitches(layout: YardLayout, name: SandboxName): Promise<void> {
  const tip = (await listSwitchRefs(layout, name.server)).get(logRef(name))
  const [newest] = await readSwitches(layout, name, 1)
  const kept = Math.floor((newest?.number ?? 0) / 2)
  if (tip !== undefined && kept >= LOG_ENTRIES_MIN) await keepNewest(layout, name, { tip, kept })
}

/** Writes the newest entries once more, as a log that begins there. */
async function keepNewest(
  layout: YardLayout,
  name: SandboxName,
  { tip, kept }: { tip: string; kept: number },
): Promise<void> {
  const folder = layout.repository(name.server)
  const args = ['rev-list', '--reverse', '--first-parent', `--max-count=${kept}`, tip]
  const { stdout } = await runOk(gitCommand(folder, args))
  const ids = stdout.toString('latin1').split('\n').filter(Boolean)
  const objects = await readObjects(folder, ids)
  const commits = objects.map((object, index) => {
    const text = object!.data.toString('utf8')
    const head = text.slice(0, text.indexOf('\n\n')).split('\n')
    return {
      ref: 'refs/trim',
      from: index === 0 ? null : `:${index}`,
      people: head.filter((line) => /^(author|committer) /.test(line)),
      message: messageOf(object!.data).replace(/^Entry: \d+$/m, `Entry: ${index + 1}`),
      tree: head.find((line) => line.startsWith('tree '))!.slice(5),
    }
  })
  const made = await importCommits(folder, commits, { onlyCommits: true })
  await updateRefs(layout, name.server, [`update ${logRef(name)} ${made.at(-1)} ${tip}`])
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
