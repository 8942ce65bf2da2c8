// A release as the build leaves it: TypeScript bundled with a library, and the map back. Made once, and kept, with
//   esbuild src/main.ts --bundle --format=cjs --platform=node --target=node20 --sourcemap=linked --outfile=build/src/main.js
// from a src/main.ts whose `fetch` (line 9) calls the library's `call` (line 10), which calls back a function that throws (line 11).
import { readFileSync } from 'node:fs'

/** The files of the release, by their path in it. Tests run from dist/, where only what was compiled is. */
export function mappedRelease(): Record<string, string> {
  return JSON.parse(readFileSync(new URL('../../../servers/testing/mapped-release.json', import.meta.url), 'utf8'))
}
