// Light or dark: as the system says, or as somebody wants it. It is theirs and not part of what is shown, so it is no part of the address.
import { keep, readKept } from './kept.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export function readTheme(): Theme {
  const kept = readKept('theme')
  return THEMES.find((theme) => theme === kept) ?? 'system'
}

/** Style sheets follow `data-theme` of the root. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function keepTheme(theme: Theme): void {
  applyTheme(theme)
  keep('theme', theme)
}
