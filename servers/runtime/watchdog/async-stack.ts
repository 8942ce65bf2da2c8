// Node keeps a stack of what its callbacks belong to, in JavaScript, and ends the process when it finds it out of order, as it is when
// code was cut off in the middle. For an exception it puts it in order itself; for what the watchdog stops we do.

export interface AsyncStack {
  /** Whether Node survives that what runs in `stack` is cut off. */
  canBeCut(stack: string): boolean
  expectCut(): void
  mend(): void
}

/** Of Node's own, as `process.binding` gives it. */
interface AsyncWrap {
  readonly async_hook_fields: Uint32Array
  readonly constants: { readonly kCheck: number }
  clearAsyncIdStack(): void
}

/** Cut off at its first, Node's loop over the immediates forgets the rest, and never sleeps again for them. */
const LOOP_OF_IMMEDIATES = /processImmediate \(node:internal\/timers/

export function createAsyncStack(): AsyncStack {
  const binding = readBinding()
  let check = 1
  return {
    canBeCut: (stack) =>
      binding !== undefined &&
      !(LOOP_OF_IMMEDIATES.test(stack) && process.getActiveResourcesInfo().includes('Immediate')),
    expectCut() {
      const { async_hook_fields: fields, constants } = binding!
      check = fields[constants.kCheck] ?? 1
      fields[constants.kCheck] = 0
    },
    mend() {
      binding!.clearAsyncIdStack()
      binding!.async_hook_fields[binding!.constants.kCheck] = check
    },
  }
}

/** Undefined where this Node has it no more: then a script that is stuck costs its process. */
function readBinding(): AsyncWrap | undefined {
  const { noDeprecation } = process
  process.noDeprecation = true
  try {
    const { binding } = process as unknown as { binding(name: string): AsyncWrap }
    const wrap = binding('async_wrap')
    return typeof wrap.clearAsyncIdStack === 'function' && wrap.async_hook_fields[wrap.constants.kCheck] !== undefined
      ? wrap
      : undefined
  } catch {
    return undefined
  } finally {
    if (noDeprecation === undefined) Reflect.deleteProperty(process, 'noDeprecation')
    else process.noDeprecation = noDeprecation
  }
}
