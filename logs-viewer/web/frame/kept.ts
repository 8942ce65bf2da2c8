// What somebody has chosen for themselves and not for what is shown: the browser keeps it, the address does not.

export function readKept(name: string): string | null {
  try {
    return localStorage.getItem(`edgeyard-${name}`)
  } catch {
    return null
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`edgeyard-${name}`, value)
  } catch {
    // A browser that keeps nothing forgets this too.
  }
}
