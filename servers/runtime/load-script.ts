// A built script, compiled once and run as often as somebody wants a fresh module. Nothing keeps a module that ran:
// unlike an ES module's, its namespace goes with the last reference.
import { readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { constants, Script, type ScriptOptions } from 'node:vm'
import { noteCode } from './script/asks-for-ip.ts'
import type { ScriptTimers } from './watchdog/script-timers.ts'

/** The timers stand outside, where a script may have its own of their names. */
const WRAPPER = [
  '(function (setTimeout, setInterval, setImmediate) { return function (exports, require, module, __filename, __dirname) { ',
  '\n}})',
] as const

/** Runs the module's top level and returns its `module.exports`. Throws what the script throws. */
export type CompiledScript = () => unknown

/** Reads and compiles `builtFile`, a CommonJS text. Throws a SyntaxError, or the error of reading. */
export function compileScript(builtFile: string, timers: ScriptTimers): CompiledScript {
  const text = readFileSync(builtFile, 'utf8')
  noteCode(text)
  const compiled = compileOnce(WRAPPER[0] + text + WRAPPER[1], {
    filename: builtFile,
    columnOffset: -WRAPPER[0].length,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const load = createRequire(builtFile)
  const requireBuiltin = (name: string): unknown => {
    if (isBuiltin(name)) return load(name)
    throw new Error(`Cannot require "${name}": a built script holds everything it needs but Node's own modules`)
  }
  return () => {
    const module = { exports: {} }
    const wrap = compiled.runInThisContext() as (...args: unknown[]) => (...args: unknown[]) => void
    const run = wrap(timers.setTimeout, timers.setInterval, timers.setImmediate)
    run.call(module.exports, module.exports, requireBuiltin, module, builtFile, dirname(builtFile))
    return module.exports
  }
}

/** V8 would keep the text and the code of every version that was ever compiled, in case the same text comes again. */
function compileOnce(text: string, options: ScriptOptions): Script {
  setFlagsFromString('--no-compilation-cache')
  try {
    return new Script(text, options)
  } finally {
    setFlagsFromString('--compilation-cache')
  }
}
