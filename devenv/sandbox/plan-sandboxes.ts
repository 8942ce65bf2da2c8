// Desired against actual: what has to be done so that every sandbox is what the refs and confs say. Pure.
import { type SandboxName, sandboxKey } from '../../servers/contract/names.ts'
import type { BuiltCommit } from '../../servers/contract/release.ts'
import type { SandboxMemory } from './sandbox-memory.ts'

export interface DesiredSandbox extends SandboxName {
  /** Where its branch is, and the common library if it uses that. */
  readonly commit: BuiltCommit
  readonly confHash: string
}

export interface ActualSandbox extends SandboxName {
  /** What its process runs; null when there is none. */
  readonly live: { readonly commit: BuiltCommit; readonly confHash: string } | null
  /** What it is about to start again by itself, when it is time; null when it has no such plan. */
  readonly due: { readonly commit: BuiltCommit; readonly confHash: string } | null
  readonly memory: SandboxMemory
}

export type SandboxAction =
  /** Boot this and let it take over; also the first start. */
  | { readonly do: 'move'; readonly sandbox: SandboxName; readonly commit: BuiltCommit }
  /** It runs although its developer stopped it. */
  | { readonly do: 'stop'; readonly sandbox: SandboxName }
  /** Nobody wants it any more: its developer, branch or values are gone. */
  | { readonly do: 'remove'; readonly sandbox: SandboxName }

/** Removals first: they free ports that others may have been given. */
export function planSandboxes(
  desired: readonly DesiredSandbox[],
  actual: readonly ActualSandbox[],
): readonly SandboxAction[] {
  const wanted = new Set(desired.map(sandboxKey))
  const found = new Map(actual.map((sandbox) => [sandboxKey(sandbox), sandbox]))
  const removals = actual
    .filter((sandbox) => !wanted.has(sandboxKey(sandbox)))
    .map((sandbox): SandboxAction => ({ do: 'remove', sandbox: nameOf(sandbox) }))
  return [...removals, ...desired.flatMap((sandbox) => planOne(sandbox, found.get(sandboxKey(sandbox))) ?? [])]
}

function planOne(desired: DesiredSandbox, actual: ActualSandbox | undefined): SandboxAction | undefined {
  const sandbox = nameOf(desired)
  const live = actual?.live ?? null
  if (actual?.memory.stopped) return live === null ? undefined : { do: 'stop', sandbox }
  const commit = chooseCommit(desired.commit, actual?.memory)
  // What dies again and again is not started again and again by everybody who comes by.
  const current = live ?? actual?.due ?? null
  if (current?.commit === commit && current.confHash === desired.confHash) return undefined
  return { do: 'move', sandbox, commit }
}

/** The branch's commit, unless that is the one which crashed until it was given up: then the last that stood. */
export function chooseCommit(branch: BuiltCommit, memory: SandboxMemory | undefined): BuiltCommit {
  if (memory?.fallenFrom !== branch) return branch
  return memory.stood.at(-1) ?? branch
}

const nameOf = ({ server, developer }: SandboxName): SandboxName => ({ server, developer })
