// A control socket that somebody has removed comes back: without it nobody can reach a daemon that runs.
import { messageOf } from '../../servers/contract/errors.ts'
import { SOCKET_LOOK_EVERY_MS } from '../control/limits.ts'
import type { Clock } from './clock.ts'

/**
 * Looks every SOCKET_LOOK_EVERY_MS; `listenAgain` resolves with true where the socket had gone. `end` waits for a look that is
 * under way. What is told is told once until it changes.
 */
export function keepListening(
  clock: Clock,
  listenAgain: () => Promise<boolean>,
  tell: (line: string) => void,
): { end(): Promise<void> } {
  let ended = false
  let told = ''
  let looking: Promise<void> = Promise.resolve()
  let takeBack = () => {}
  const look = async () => {
    const line = await listenAgain().then(
      (again) => (again ? 'The control socket had gone, and is there again' : ''),
      (error: unknown) => `The control socket has gone: ${messageOf(error)}`,
    )
    if (line !== '' && line !== told) tell(line)
    told = line
    wait()
  }
  const wait = () => {
    if (ended) return
    takeBack = clock.after(SOCKET_LOOK_EVERY_MS, () => {
      looking = look()
    })
  }
  wait()
  return {
    end() {
      ended = true
      takeBack()
      return looking
    },
  }
}
