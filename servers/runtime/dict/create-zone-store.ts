// Where a server's zones are: in the process when it is the only one, in a mapped file when there are several.
import type { WorkerIdentity } from '../workers/worker-identity.ts'
import { createLmdbZones } from './lmdb-zones.ts'
import { createMemoryZones } from './memory-zones.ts'
import type { ZoneStore } from './zone.ts'

/** Opened on first use: most servers have no zone. */
export function createZoneStore({ sharedFolder }: Pick<WorkerIdentity, 'sharedFolder'>): ZoneStore {
  let store: ZoneStore | undefined
  return {
    open(name, bytesMax) {
      store ??= sharedFolder === undefined ? createMemoryZones() : createLmdbZones(sharedFolder)
      return store.open(name, bytesMax)
    },
    close() {
      store?.close()
      store = undefined
    },
  }
}
