// Ends the connections of those who have lost their key or their name since they logged in.
import { mkdirSync, watch } from 'node:fs'
import type { Guest } from './guest.ts'
import { isStill } from './login.ts'
import type { SshOptions } from './ssh-options.ts'

/** What is told them where there is a command to tell it to. */
export const LOGGED_OUT = 'you are logged out: your name is another one now, or this key is not yours any more'

/** A push that has begun runs to its end. */
export function logOut(guest: Guest, { onRecord }: SshOptions): void {
  const { identity, ip, client, socket } = guest
  if (socket.writableEnded) return
  const message = `${identity?.developer} is logged out: the key is not theirs any more`
  onRecord?.({ severity: 'notice', message, fields: { fingerprint: identity?.fingerprint, ip } })
  client?.end()
}

/**
 * Looks at everybody when a key file has changed, which it does when a key is taken back and when its developer goes or gets another name:
 * who follows records may have asked hours ago. Returns how to stop.
 */
export function watchKeys(guests: ReadonlySet<Guest>, options: SshOptions): () => void {
  const { keys } = options.layout
  const look = async (guest: Guest) => {
    if (guest.identity !== null && !(await isStill(options.layout, guest.identity))) logOut(guest, options)
  }
  try {
    mkdirSync(keys, { recursive: true, mode: 0o700 })
    const watcher = watch(keys, { persistent: false }, () => {
      for (const guest of guests) look(guest).catch(() => {})
    })
    watcher.on('error', () => {})
    return () => watcher.close()
  } catch {
    // A machine may have no watch left: each command is still asked about before it begins.
    return () => {}
  }
}
