// Where the hooks of the next event come from: the three values of `code_cache`.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Conf } from '../contract/conf/conf.ts'
import { builtPath } from '../contract/release.ts'
import { type CompiledScript, compileScript } from './load-script.ts'
import { type ParsedHooks, parseHooks, type ScriptHooks } from './script-hooks.ts'
import type { StackMapper } from './stack-mapper.ts'
import type { ScriptTimers } from './watchdog/script-timers.ts'

export interface ScriptSource {
  /** As in the conf, e.g. `src/main.ts`. */
  readonly file: string
  /** The hooks that the server began with, for `start`; those that are live, for `stop`. */
  live(): ScriptHooks
  /**
   * For one request, or one socket: the function that gives the hooks of its next event. With `off` it throws what the
   * script's top level throws.
   */
  open(): () => ScriptHooks
}

export interface ScriptSourceOptions {
  readonly release: string
  readonly file: string
  readonly codeCache: Conf['codeCache']
  readonly stacks: StackMapper
  readonly timers: ScriptTimers
  /** Runs the top level for the first time. */
  readonly runLimited: <T>(run: () => T) => T
  /** Milliseconds of a clock that only goes forward. */
  now(): number
  /** A changed script could not be used: the last good one stays. */
  onBroken(thrown: unknown): void
  onWarning(warning: string): void
  /** A changed script is about to be live: starts it. What it throws keeps the last one. */
  onChange(from: ScriptHooks, to: ScriptHooks): Promise<void> | void
}

/** How often a file is looked at, at most: 3 µs of each 2 ms, and an edit is live on the next event anybody could send by hand. */
const STAT_INTERVAL_MS = 2

/** Loads the script. Throws what its top level throws, a SyntaxError, or SCRIPT_INVALID. */
export function createScriptSource(options: ScriptSourceOptions): ScriptSource {
  const { file, release, stacks } = options
  const builtFile = join(release, builtPath(file))
  const load = (): CompiledScript => {
    stacks.add(builtFile, release)
    return compileScript(builtFile, options.timers)
  }
  const stampBefore = stampOf(builtFile)
  const compiled = load()
  const first = options.runLimited(() => runFirst(compiled, file))
  first.warnings.forEach(options.onWarning)
  const changes = createChanges(builtFile, stampBefore, options.now)
  if (options.codeCache === 'on') return keptSource(file, first.hooks)
  if (options.codeCache === 'stat') return watchedSource(options, first.hooks, changes, load)
  return freshSource(options, first.hooks, compiled, changes, load)
}

function keptSource(file: string, hooks: ScriptHooks): ScriptSource {
  const live = () => hooks
  return { file, live, open: () => live }
}

function watchedSource(
  { file, onBroken, onWarning, onChange }: ScriptSourceOptions,
  first: ScriptHooks,
  changes: Changes,
  load: () => CompiledScript,
): ScriptSource {
  let hooks = first
  let changing = false
  const live = () => {
    if (changing || !changes.seen()) return hooks
    try {
      const next = runFirst(load(), file)
      next.warnings.forEach(onWarning)
      const started = onChange(hooks, next.hooks)
      if (started === undefined) hooks = next.hooks
      else {
        // The last one serves until the new one's `start` has resolved.
        changing = true
        started
          .then(() => {
            hooks = next.hooks
          }, onBroken)
          .finally(() => {
            changing = false
          })
      }
    } catch (thrown) {
      onBroken(thrown)
    }
    return hooks
  }
  return { file, live: () => hooks, open: () => live }
}

function freshSource(
  { file, onBroken }: ScriptSourceOptions,
  first: ScriptHooks,
  compiledFirst: CompiledScript,
  changes: Changes,
  load: () => CompiledScript,
): ScriptSource {
  let compiled = compiledFirst
  return {
    file,
    live: () => first,
    open() {
      if (changes.seen()) {
        try {
          compiled = load()
        } catch (thrown) {
          onBroken(thrown)
        }
      }
      const { hooks } = run(compiled, file)
      return () => hooks
    },
  }
}

/** Runs it as `run` does, and warns of what it leaves to everybody. Later it leaves the same. */
function runFirst(compiled: CompiledScript, file: string): ParsedHooks {
  const before = new Set(Reflect.ownKeys(globalThis))
  const { hooks, warnings } = run(compiled, file)
  const left = Reflect.ownKeys(globalThis).filter((key) => !before.has(key))
  const shared = left.map(
    (key) =>
      `${file} leaves "${String(key)}" on globalThis: all requests share it, and a new version of the script finds it there`,
  )
  return { hooks, warnings: [...warnings, ...shared] }
}

function run(compiled: CompiledScript, file: string): ParsedHooks {
  return parseHooks(compiled(), file)
}

interface Changes {
  /** True once for each change of the file. */
  seen(): boolean
}

function createChanges(builtFile: string, stampFirst: string | undefined, now: () => number): Changes {
  let stamp = stampFirst
  let nextLook = now() + STAT_INTERVAL_MS
  return {
    seen() {
      const at = now()
      if (at < nextLook) return false
      nextLook = at + STAT_INTERVAL_MS
      const current = stampOf(builtFile)
      if (current === undefined || current === stamp) return false
      stamp = current
      return true
    },
  }
}

/** Undefined while the file is away, as it is for a moment when an editor or a build replaces it. */
function stampOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? undefined : `${stat.mtimeNs} ${stat.size} ${stat.ino}`
}
