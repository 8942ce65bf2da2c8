// What a release looks like on disk, for those who build it (hooks) and those who run it (servers).
//   <release>/src/main.ts          as pushed
//   <release>/build/src/main.js    one CommonJS text, everything bundled but node: modules; compiled once, run as often as
//                                  `code_cache` wants a fresh module, which an ES module could not be without leaking
//   <release>/build/src/main.js.map

/** The place of a script's built module in a release: `src/main.ts` is built to `build/src/main.js`. Both relative, with `/`. */
export function builtPath(script: string): string {
  return `build/${script.replace(/\.[cm]?[jt]s$/, '')}.js`
}

/** How many hex digits of the commit name a release. */
export const RELEASE_LENGTH = 12

/** The name of the release built from a commit: the first digits of its id. */
export function releaseName(commit: string): string {
  return commit.slice(0, RELEASE_LENGTH)
}
