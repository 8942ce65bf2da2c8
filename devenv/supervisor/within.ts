// Every wait has a deadline.

/** Resolves with the promise, or with `late` when `ms` have passed. The timer does not keep the process alive for nothing. */
export async function within<T, L>(promise: Promise<T>, ms: number, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      promise,
      new Promise<L>((resolve) => {
        timer = setTimeout(() => resolve(late), ms)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}

/** How often the world is asked when it sends no event of its own. */
export const ASK_EVERY_MS = 25

/** Asks until the answer is true. False when `ms` have passed, or as soon as `gaveUp` says that nothing will come. */
export async function askUntil(
  ask: () => Promise<boolean> | boolean,
  options: { ms: number; gaveUp?: () => boolean },
): Promise<boolean> {
  const end = performance.now() + options.ms
  for (;;) {
    if (await ask()) return true
    if (performance.now() > end || options.gaveUp?.()) return false
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
  }
}
