// A question before something that cannot be undone.
import { createInterface } from 'node:readline/promises'

/** Asks on stderr and takes `y` or `yes`; null where nobody sits at a terminal to answer. */
export function createConfirm({
  stdin,
  stderr,
}: Pick<NodeJS.Process, 'stdin' | 'stderr'>): ((question: string) => Promise<boolean>) | null {
  if (stdin.isTTY !== true) return null
  return async (question) => {
    const lines = createInterface({ input: stdin, output: stderr })
    try {
      const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
      return /^y(es)?$/i.test((await Promise.race([lines.question(`${question} [y/N] `), closed])).trim())
    } finally {
      lines.close()
    }
  }
}
