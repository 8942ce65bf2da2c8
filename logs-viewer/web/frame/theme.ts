// Light or dark: as the system says, or as somebody wants it. It is theirs and not part of what is shown, so it is no part of the address.

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'edgeyard-theme'

export function readTheme(): Theme {
  const kept = keptTheme()
  return THEMES.find((theme) => theme === kept) ?? 'system'
}

/** Style sheets follow `data-theme` of the root. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function keepTheme(theme: Theme): void {
  applyTheme(theme)
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // A browser that keeps nothing forgets this too.
  }
}

function keptTheme(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}
