// What keeps sandboxes apart on this machine, found out by trying to break it from inside one.
import { PROBES } from './attacks.ts'
import { createProbeGround } from './probe-ground.ts'

export interface Protection {
  readonly protection: string
  readonly holds: boolean
  /** What keeps it so, or why it is not so. */
  readonly how: string
}

/** `onProbe` is told of each before it is tried. Rejects when no sandbox can be made at all. */
export async function measureProtections(
  projectRoot: string,
  onProbe: (protection: string) => void = () => {},
): Promise<readonly Protection[]> {
  const ground = await createProbeGround(projectRoot)
  try {
    const found: Protection[] = []
    for (const probe of PROBES) {
      onProbe(probe.protection)
      const outcome = await ground.run(probe)
      found.push({ protection: probe.protection, holds: probe.holds(outcome, ground), how: probe.how(ground) })
    }
    return found
  } finally {
    await ground.close()
  }
}
