// Who may log in, as devenv has written it down for us (servers/contract/access.ts). A change counts at once, whether the system tells
// of it or not: what was taken back must not open anything.
import { type FSWatcher, watch } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  hashSecret,
  isLoginName,
  isSecret,
  LINK_FILE_NAME,
  type LinkFile,
  parseLinkFile,
  parseLoginFile,
} from '../../servers/contract/access.ts'

export interface Person {
  /** A developer's name, or `operator`. */
  readonly who: string
  /** The same under another name and with another token. */
  readonly person: string
  /** Sessions of another epoch are void. */
  readonly epoch: string
}

export interface People {
  /** Whose token it is. */
  byToken(token: string): Promise<Person | null>
  /** Whose link it is, and its hash. Whether it has been used is not known here. */
  byLink(secret: string): Promise<{ person: Person; id: string; expiresMs: number } | null>
  byEpoch(epoch: string): Person | null
  /** Told after every change. */
  onChange(listener: () => void): void
  close(): Promise<void>
}

/** Events get lost; a look at the folder's time costs one system call. */
const LOOK_EVERY_MS = 500
/** More than a tick of any kernel. */
const STAMP_SETTLES_MS = 100

interface Known {
  readonly tokens: ReadonlyMap<string, Person>
  readonly epochs: ReadonlyMap<string, Person>
  readonly links: ReadonlyMap<string, LinkFile>
}

const NOBODY: Known = { tokens: new Map(), epochs: new Map(), links: new Map() }

/** A folder that is not there lets nobody in until it is. */
export async function createPeople(folder: string): Promise<People> {
  let known = NOBODY
  let stamp = ''
  let watcher: FSWatcher | undefined
  let looking: Promise<void> = Promise.resolve()
  let closed = false
  const listeners: (() => void)[] = []

  const lookNow = async () => {
    if (closed) return
    const { stamp: now, changedMs } = await stampOf(folder)
    if (now === stamp) return
    known = await readKnown(folder)
    // A folder's time is a coarse one: what changes in the same tick would not change it again.
    stamp = Date.now() - changedMs < STAMP_SETTLES_MS ? '' : now
    for (const listener of listeners) listener()
  }
  const look = () => {
    looking = looking.then(lookNow, lookNow)
    return looking
  }
  await look()
  try {
    watcher = watch(folder, { persistent: false }, () => void look())
    watcher.on('error', () => watcher?.close())
  } catch {
    // Not there yet, or no more watches to be had: the timer looks.
  }
  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  timer.unref()

  /** What nobody has may have been written this very moment. */
  const find = async <T>(secret: string, search: (hash: string) => T | undefined): Promise<T | null> => {
    if (!isSecret(secret)) return null
    const hash = hashSecret(secret)
    const found = search(hash)
    if (found !== undefined) return found
    await look()
    return search(hash) ?? null
  }
  return {
    byToken: (token) => find(token, (hash) => known.tokens.get(hash)),
    byLink: (secret) =>
      find(secret, (hash) => {
        const link = known.links.get(hash)
        const person = link && known.epochs.get(link.epoch)
        return person && { person, id: hash, expiresMs: Date.parse(link.expires) }
      }),
    byEpoch: (epoch) => known.epochs.get(epoch) ?? null,
    onChange: (listener) => void listeners.push(listener),
    async close() {
      closed = true
      clearInterval(timer)
      watcher?.close()
      await looking
    },
  }
}

async function readKnown(folder: string): Promise<Known> {
  const tokens = new Map<string, Person>()
  const epochs = new Map<string, Person>()
  const links = new Map<string, LinkFile>()
  for (const file of await readdir(folder).catch(() => [])) {
    const id = LINK_FILE_NAME.exec(file)?.[1]
    const name = /^([a-z0-9-]+)\.json$/.exec(file)?.[1] ?? ''
    if (id === undefined && !isLoginName(name)) continue
    const text = await readFile(join(folder, file), 'utf8').catch(() => '')
    const link = id === undefined ? null : parseLinkFile(text)
    if (link !== null) links.set(link.secret, link)
    const login = id === undefined ? parseLoginFile(text) : null
    if (login === null) continue
    const person = { who: name, person: login.person, epoch: login.epoch }
    epochs.set(login.epoch, person)
    if (login.token !== null) tokens.set(login.token, person)
  }
  return { tokens, epochs, links }
}

async function stampOf(folder: string): Promise<{ stamp: string; changedMs: number }> {
  const found = await stat(folder, { bigint: true }).catch(() => undefined)
  if (found === undefined) return { stamp: 'none', changedMs: 0 }
  return { stamp: `${found.ino} ${found.mtimeNs}`, changedMs: Number(found.mtimeMs) }
}
