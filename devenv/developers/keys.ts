// Who may push as whom: <root>/keys/<developer>.pub, lines as in authorized_keys. The operator may edit the files too;
// they are read anew for every login, so a change counts at once.
import { mkdir, readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { Diagnostic } from '../../servers/contract/diagnostic.ts'
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { isDeveloperName } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { type PublicKey, parsePublicKey, renderPublicKey } from '../ssh/public-key.ts'
import { readSmall } from '../state/read-small.ts'
import { hasDeveloper, readDeveloper, requireDeveloper } from './developers.ts'

export interface Keys {
  readonly keys: readonly PublicKey[]
  /** Lines of a file edited by hand that are not keys; they count for nothing. */
  readonly diagnostics: readonly Diagnostic[]
}

/** The keys of one developer; none when there is no file. */
export async function readKeys(layout: YardLayout, developer: string): Promise<Keys> {
  const lines = linesOf(layout, developer)
  const keys: PublicKey[] = []
  const diagnostics: Diagnostic[] = []
  lines.forEach((lineText, i) => {
    if (isRemark(lineText)) return
    try {
      keys.push(parsePublicKey(lineText))
    } catch (error) {
      diagnostics.push({
        file: basename(layout.keysOf(developer)),
        line: i + 1,
        column: 1,
        message: messageOf(error),
        lineText,
      })
    }
  })
  return { keys, diagnostics }
}

/**
 * Adds every key of a .pub or authorized_keys text. Returns those that are new. Throws `DEVELOPER_UNKNOWN`, `KEY_INVALID`
 * for a line that is not a key, a text without one, and a key that is somebody else's. All or none are added.
 */
export async function addKey(layout: YardLayout, developer: string, text: string): Promise<readonly PublicKey[]> {
  await requireDeveloper(layout, developer)
  // A private key fills many lines; asked as a whole, it is called by its name.
  if (/PRIVATE KEY|PuTTY-User-Key-File/i.test(text)) parsePublicKey(text)
  const given = text.split(/\r?\n/).filter((line) => !isRemark(line))
  if (given.length === 0) throw new EdgeyardError('KEY_INVALID', 'Cannot add a key: there is none in the file')
  const own = (await readKeys(layout, developer)).keys
  const added: PublicKey[] = []
  for (const line of given) {
    const key = parsePublicKey(line)
    if ([...own, ...added].some((known) => known.blob.equals(key.blob))) continue
    const owner = (await holders(layout, key.blob)).find((name) => name !== developer)
    if (owner !== undefined) {
      throw new EdgeyardError(
        'KEY_INVALID',
        `Cannot add ${key.fingerprint} to ${developer}: it is ${owner}'s key already`,
      )
    }
    added.push(key)
  }
  if (added.length > 0) {
    const lines = linesOf(layout, developer)
    await writeLines(layout, developer, [...lines, ...added.map(renderPublicKey)])
  }
  return added
}

/**
 * Removes the keys that `which` names: a fingerprint, a comment, or the text of a .pub file. Returns them; the file's
 * other lines stay as they are. Throws `DEVELOPER_UNKNOWN`, and `KEY_INVALID` when the developer has no such key.
 */
export async function removeKey(layout: YardLayout, developer: string, which: string): Promise<readonly PublicKey[]> {
  await requireDeveloper(layout, developer)
  const wanted = wantedBy(which)
  const removed: PublicKey[] = []
  const kept = linesOf(layout, developer).filter((line) => {
    const key = isRemark(line) ? null : keyOrNull(line)
    if (key === null || !wanted(key)) return true
    removed.push(key)
    return false
  })
  if (removed.length === 0) {
    throw new EdgeyardError(
      'KEY_INVALID',
      `Cannot remove a key of ${developer}: none of theirs is ${which.trim().slice(0, 100)}`,
    )
  }
  await writeLines(layout, developer, kept)
  return removed
}

/** Whose key this is; null when it is nobody's, or more than one developer's: then it proves nothing. */
export async function whoHasKey(layout: YardLayout, blob: Buffer): Promise<string | null> {
  const names = await holders(layout, blob)
  const [name] = names
  if (name === undefined || names.length > 1) return null
  // The file may have outlived its developer.
  return (await readDeveloper(layout, name)) === null ? null : name
}

/** Whether a key that was theirs still is, and they are still there. It reads their files only, not everybody's as {@link whoHasKey}. */
export async function stillHasKey(layout: YardLayout, developer: string, blob: Buffer): Promise<boolean> {
  const [lines, isThere] = await Promise.all([linesOf(layout, developer), hasDeveloper(layout, developer)])
  return isThere && holdsKey(lines, blob)
}

async function holders(layout: YardLayout, blob: Buffer): Promise<string[]> {
  const files = await readdir(layout.keys).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const names = files.filter((file) => file.endsWith('.pub')).map((file) => file.slice(0, -'.pub'.length))
  return names.filter(isDeveloperName).filter((name) => holdsKey(linesOf(layout, name), blob))
}

/** The text is compared before a key is parsed: a login must stay cheap however many keys there are. */
function holdsKey(lines: readonly string[], blob: Buffer): boolean {
  const needle = blob.toString('base64')
  return lines.some((line) => line.includes(needle) && !isRemark(line) && keyOrNull(line)?.blob.equals(blob))
}

function wantedBy(which: string): (key: PublicKey) => boolean {
  const text = which.trim()
  const keys = text.split(/\r?\n/).map(keyOrNull)
  return (key) =>
    key.fingerprint === text ||
    `SHA256:${text}` === key.fingerprint ||
    (key.comment !== '' && key.comment === text) ||
    keys.some((given) => given?.blob.equals(key.blob))
}

function keyOrNull(line: string): PublicKey | null {
  try {
    return parsePublicKey(line)
  } catch {
    return null
  }
}

const isRemark = (line: string) => /^\s*(#|$)/.test(line)

function linesOf(layout: YardLayout, developer: string): string[] {
  const text = readSmall(layout.keysOf(developer)) ?? ''
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

async function writeLines(layout: YardLayout, developer: string, lines: readonly string[]): Promise<void> {
  await mkdir(layout.keys, { recursive: true, mode: 0o700 })
  await writeFileAtomic(layout.keysOf(developer), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 })
}
