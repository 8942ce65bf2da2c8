// What every hook is: a function that is told of one push and resolves with git's exit code. It may run in a process of its
// own or beside others in one (serve-hooks.ts), so it keeps nothing and reads nothing but what it is given.
import type { Report } from '../report/report.ts'
import type { HookContext } from './context.ts'

/** The hooks that git calls. */
export const HOOK_NAMES = ['pre-receive', 'proc-receive', 'post-receive'] as const
export type HookName = (typeof HOOK_NAMES)[number]

export interface HookCall {
  readonly context: HookContext
  /** To the person who pushes. */
  readonly report: Report
  /** What git writes to the hook. */
  readonly input: AsyncIterable<Buffer>
  /** To git itself. */
  output(data: Buffer): void
}

export type Hook = (call: HookCall) => Promise<number>

/** Loaded when it is asked for: a hook that runs alone needs one of them. */
export async function loadHook(name: HookName): Promise<Hook> {
  switch (name) {
    case 'pre-receive':
      return (await import('./pre-receive.ts')).preReceive
    case 'proc-receive':
      return (await import('./proc-receive.ts')).procReceive
    case 'post-receive':
      return (await import('./post-receive.ts')).postReceive
  }
}

export function isHookName(text: string | undefined): text is HookName {
  return HOOK_NAMES.some((name) => name === text)
}
