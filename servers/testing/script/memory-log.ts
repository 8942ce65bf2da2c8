// The log of a test: records that can be looked at and waited for.
import type { Entry, Logger } from '../../log/logger.ts'
import { patiently } from './patience.ts'
import type { LogRecord, YardLog } from './types.ts'

export class MemoryLog implements YardLog, Logger {
  readonly records: LogRecord[] = []
  readonly #watchers = new Set<() => void>()

  write(entry: Entry): void {
    this.records.push(entry)
    for (const watch of [...this.#watchers]) watch()
  }

  knownAs(): void {}

  async close(): Promise<void> {}

  async until(wanted: RegExp | string): Promise<LogRecord> {
    const matches = ({ message }: LogRecord) =>
      typeof wanted === 'string' ? message.includes(wanted) : wanted.test(message)
    let watch = () => {}
    const found = new Promise<LogRecord>((resolve) => {
      watch = () => {
        const record = this.records.find(matches)
        if (record !== undefined) resolve(record)
      }
      this.#watchers.add(watch)
      watch()
    })
    try {
      const messages = () => this.records.map(({ severity, message }) => `${severity}: ${message}`).join('\n')
      return await patiently(found, () => `No record matches ${wanted} among\n${messages()}\n`)
    } finally {
      this.#watchers.delete(watch)
    }
  }
}
