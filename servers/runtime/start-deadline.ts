// A `start` hook that never ends, while another release serves: it must not keep the next one waiting for ever. While a server boots
// its supervisor has the deadline.
import { EdgeyardError } from '../contract/errors.ts'

/** As long as a supervisor waits for a release that boots. */
const START_DEADLINE_MS = 15_000

/** Rejects as `started` does, or with SCRIPT_START_TIMEOUT. What the hook does after that is nobody's business any more. */
export async function beforeDeadline(started: Promise<void>, deadlineMs: number = START_DEADLINE_MS): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new EdgeyardError('SCRIPT_START_TIMEOUT', `The start hook has not ended within ${deadlineMs} ms`))
    }, deadlineMs)
  })
  try {
    await Promise.race([started, late])
  } finally {
    clearTimeout(timer)
  }
}
