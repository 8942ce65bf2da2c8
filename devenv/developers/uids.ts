// Who runs as whom where the yard is root: a user for each sandbox, and one for each developer's Redis.
//
//   base + index          redis, and the group that all processes of the developer share (their log socket, their Redis)
//   base + 1000 + index   httpserver     base + 2000 + index   socketserver     base + 3000 + index   dtserver
//
// No account needs to exist for any of them. The base is 20000, or follows from the ports of a yard that has others than the
// usual: several yards on one machine must not share users any more than ports, or each could filter the other's connections.
import { stat } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { EdgeyardError } from '../../servers/contract/errors.ts'
import { MASTER, type ServerName } from '../../servers/contract/names.ts'
import type { YardLayout } from '../sandbox/layout.ts'
import { readSmall } from '../state/read-small.ts'

/** The uid of master's Redis, where no other yard is on the machine. */
export const UID_BASE = 20_000
/** As many indexes as there can be. */
const UIDS_PER_KIND = 1_000
/** Every base is a multiple of it, so that a uid alone says of which kind it is. */
const UIDS_PER_YARD = 4 * UIDS_PER_KIND
/** Above what people, containers of the first kind and systemd's dynamic users have. */
const OTHER_BASES = 1_000_000

const KINDS: Readonly<Record<ServerName, number>> = { httpserver: 1, socketserver: 2, dtserver: 3 }

/** The user of a sandbox; `developerUid` is what {@link Developer} has. Null without root rights: all share one. */
export function sandboxUid(developerUid: number | null, server: ServerName): number | null {
  return developerUid === null ? null : developerUid + KINDS[server] * UIDS_PER_KIND
}

/** The group that a sandbox shares with its developer's Redis: the developer's own uid. */
export function developerGid(uid: number): number {
  return uid - (uid % UIDS_PER_YARD) + (uid % UIDS_PER_KIND)
}

/** The first and the last user that a sandbox of the yard of this one can have. */
export function uidRange(uid: number): readonly [first: number, last: number] {
  const base = uid - (uid % UIDS_PER_YARD)
  return [base + UIDS_PER_KIND, base + UIDS_PER_YARD - 1]
}

/** Throws ROOT_UNUSABLE: with another base, nobody could use what is theirs. */
export async function readUidBase({ uids }: Pick<YardLayout, 'uids'>): Promise<number> {
  const text = readSmall(uids)
  if (text === null) return UID_BASE
  const base = parseBase(text)
  if (base !== null) return base
  throw new EdgeyardError('ROOT_UNUSABLE', `Cannot use ${uids}: it does not say which users this yard has`)
}

/** Writes down which users a yard that is just being made will have. */
export async function writeUidBase({ uids }: Pick<YardLayout, 'uids'>, portsFrom: number | undefined): Promise<void> {
  if (portsFrom === undefined) return
  await writeBase(uids, OTHER_BASES + portsFrom * UIDS_PER_YARD)
}

async function writeBase(file: string, base: number): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify({ version: 1, base })}\n`, { mode: 0o600 })
}

/** Where the file has gone, the data of master's Redis still says whose it is: written down again. What was done, for the log. */
export async function rebuildUidBase({ uids, redis }: Pick<YardLayout, 'uids' | 'redis'>): Promise<string | null> {
  if (readSmall(uids) !== null) return null
  const { uid } = await stat(redis(MASTER).data).catch(() => ({ uid: UID_BASE }))
  if (uid < OTHER_BASES || uid % UIDS_PER_YARD !== 0) return null
  await writeBase(uids, uid)
  return `${uids} was missing: the users of this yard begin at ${uid}, as its data does`
}

function parseBase(text: string): number | null {
  try {
    const { version, base } = JSON.parse(text) as { version: unknown; base: unknown }
    const whole = version === 1 && Number.isInteger(base) && Number(base) > 0 && Number(base) % UIDS_PER_YARD === 0
    return whole ? Number(base) : null
  } catch {
    return null
  }
}
