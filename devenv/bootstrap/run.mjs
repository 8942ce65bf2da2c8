// Runs a program and shows nothing of it but the lines asked for; what it said is kept for the moment it fails.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How much of a failed program's output is shown. */
const LAST_LINES = 20

/**
 * Resolves with everything it wrote. Rejects with its last lines when it fails. Ctrl-C, and the SIGHUP of a terminal that is
 * closed, reach the program by themselves; SIGTERM is handed on. In each case it is waited for, so that nothing is left half
 * done behind our back.
 */
export function run(file, args, { env = process.env, cwd, onLine = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const lines = []
    let interrupted = false
    // Listened for before the program starts: it may be quicker than we are.
    const onInterrupt = () => {
      interrupted = true
    }
    const onTerminate = () => {
      interrupted = true
      child.kill('SIGTERM')
    }
    process.on('SIGINT', onInterrupt)
    process.on('SIGHUP', onInterrupt)
    process.on('SIGTERM', onTerminate)
    const child = spawn(file, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line)
        onLine(line)
      })
    }
    const end = (act) => {
      process.off('SIGINT', onInterrupt)
      process.off('SIGHUP', onInterrupt)
      process.off('SIGTERM', onTerminate)
      act()
    }
    child.on('error', (error) => end(() => reject(new Error(`Cannot run ${file}: ${error.message}`))))
    child.on('close', (code, signal) =>
      end(() => {
        if (interrupted) reject(new Interrupted())
        else if (code === 0) resolve(lines)
        else {
          const how = signal ?? `exit code ${code}`
          reject(new Error([`${file} ${args.join(' ')} failed (${how}):`, ...lines.slice(-LAST_LINES)].join('\n')))
        }
      }),
    )
  })
}

/** Somebody pressed Ctrl-C, or ended us. */
export class Interrupted extends Error {
  constructor() {
    super('Interrupted')
  }
}
