// What pushes have booted and not been told of yet. Any reconcile may move it first; the push says all the same what is live.
import { MASTER, type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import { CANDIDATE_EXPIRES_MS } from './candidates.ts'
import type { Target } from './launch-sandbox.ts'
import type { Sandbox } from './sandbox.ts'

export interface AwaitedSwitches {
  /** A push has booted this; it runs only when its ref has moved. */
  add(sandbox: Pick<Sandbox, 'name' | 'runs'>, target: Target): void
  /** Those that run by now, of the developers whose branches were pushed; a push to master's is for everybody. Each is told once. */
  takeLive(developers: readonly string[]): readonly SandboxName[]
  /** Told already. */
  forget(names: readonly SandboxName[]): void
}

export function createAwaitedSwitches(now: () => number = () => performance.now()): AwaitedSwitches {
  const awaited = new Map<string, { sandbox: Pick<Sandbox, 'name' | 'runs'>; target: Target; since: number }>()
  return {
    add(sandbox, target) {
      awaited.set(sandboxKey(sandbox.name), { sandbox, target, since: now() })
    },
    takeLive(developers) {
      const live: SandboxName[] = []
      for (const [key, { sandbox, target, since }] of awaited) {
        // Of a push whose hook has died: not the news of a later one.
        if (now() - since > CANDIDATE_EXPIRES_MS) awaited.delete(key)
        else if ((developers.includes(MASTER) || developers.includes(sandbox.name.developer)) && sandbox.runs(target)) {
          awaited.delete(key)
          live.push(sandbox.name)
        }
      }
      return live
    },
    forget(names) {
      for (const name of names) awaited.delete(sandboxKey(name))
    },
  }
}
