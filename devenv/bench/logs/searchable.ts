// The store beside a collector that writes: says all the time how many records it could find. The job starts it: `searchable.js ROOT DERIVED`.
import { setTimeout as pause } from 'node:timers/promises'
import { createRecordStore } from '../../../logs-viewer/store/create-record-store.ts'

const TELL_EVERY_MS = 20

const [, , root, derived] = process.argv
const store = await createRecordStore({ root: root!, derived: derived!, now: Date.now })
while (process.connected) {
  const { records } = await store.status(store.sources().filter(({ server }) => server === 'socketserver'))
  process.send!(records)
  await pause(TELL_EVERY_MS)
}
process.exit()
