// Who waits for a yard that is coming up: they hear how it does, and what it came to.

type Progress = (line: string) => void

export interface ComingUp {
  /** One more line of how it comes up. */
  tell(line: string): void
  /** It is up. */
  done(): void
  /** It will not be: those who wait get the error. Means nothing after `done`. */
  failed(error: unknown): void
  /** Resolves when the yard is up, which is at once when it is; rejects with what keeps it from that. */
  wait(progress: Progress): Promise<void>
}

export function createComingUp(): ComingUp {
  const waiting = new Set<Progress>()
  let lastLine: string | null = null
  let over = false
  let done = () => {}
  let failed: (error: unknown) => void = () => {}
  const up = new Promise<void>((resolve, reject) => {
    done = resolve
    failed = reject
  })
  // Most of the time nobody waits.
  up.catch(() => {}).finally(() => {
    over = true
    waiting.clear()
  })
  return {
    tell(line) {
      lastLine = line
      for (const progress of waiting) progress(line)
    },
    done,
    failed,
    wait(progress) {
      if (!over) {
        progress(`The yard is coming up already (pid ${process.pid}): waiting for that`)
        if (lastLine !== null) progress(lastLine)
        waiting.add(progress)
      }
      return up
    },
  }
}
