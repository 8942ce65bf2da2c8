// Where a server's zones are: in the process when it is the only one, with the master when there are several.
import type { WorkerIdentity } from '../workers/worker-identity.ts'
import { createMemoryZones } from './memory-zones.ts'
import { createRemoteZones, ZONES_FD } from './remote-zones.ts'
import type { ZoneStore } from './zone.ts'

export function createZoneStore({ count }: Pick<WorkerIdentity, 'count'>): ZoneStore {
  return count === 1 ? createMemoryZones() : createRemoteZones(ZONES_FD)
}
