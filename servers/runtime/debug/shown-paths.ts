// A debugger on a developer's machine sees the release as `/edgeyard`: a folder that stays the same from release to release, and says
// nothing of the machine. In the protocol's texts both are parts of JSON strings, some of them patterns with escaped slashes.
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { DEBUG_ROOT } from '../../contract/debug.ts'

export interface ShownPaths {
  /** What the debugger says, for the inspector. */
  inward(text: string): string
  /** What the inspector says, for the debugger; sources are put into the message that tells of a script. */
  outward(message: { method?: string; params?: Record<string, unknown> }): string
}

/** `release`: its folder, absolute, without a slash at its end. */
export function createShownPaths(release: string): ShownPaths {
  const shownUrl = `file://${DEBUG_ROOT}/`
  const url = `${pathToFileURL(release).href}/`
  // As it stands in a pattern that is itself in a JSON string.
  const escaped = (text: string) => text.replaceAll('/', '\\\\/')
  return {
    inward: (text) => text.replaceAll(shownUrl, url).replaceAll(escaped(shownUrl), escaped(url)),
    outward(message) {
      if (message.method === 'Debugger.scriptParsed') withSources(message.params!, url)
      return JSON.stringify(message).replaceAll(url, shownUrl).replaceAll(`${release}/`, `${DEBUG_ROOT}/`)
    },
  }
}

/** The map itself in the place of its name: the debugger cannot read our files. */
function withSources(params: Record<string, unknown>, releaseUrl: string): void {
  const { url, sourceMapURL } = params
  if (typeof url !== 'string' || !url.startsWith(releaseUrl) || typeof sourceMapURL !== 'string') return
  if (sourceMapURL === '' || sourceMapURL.startsWith('data:')) return
  try {
    const map = readFileSync(`${fileURLToPath(url)}.map`)
    params.sourceMapURL = `data:application/json;base64,${map.toString('base64')}`
  } catch {
    // Without its map the debugger shows what was built.
  }
}
