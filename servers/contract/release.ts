// What a release looks like on disk, for those who build it (hooks) and those who run it (servers).
//   <release>/src/main.ts          as pushed
//   <release>/build/src/main.js    one CommonJS text, everything bundled but node: modules; compiled once, run as often as
//                                  `code_cache` wants a fresh module, which an ES module could not be without leaking
//   <release>/build/src/main.js.map   names files of the common library as common/NAME.ts, and has no text of theirs

/** The place of a script's built module in a release: `src/main.ts` is built to `build/src/main.js`. Both relative, with `/`. */
export function builtPath(script: string): string {
  return `build/${script.replace(/\.[cm]?[jt]s$/, '')}.js`
}

/**
 * What a release is built from: a commit of the script, and the commit of the common library where the script uses that.
 * `<40 hex digits>`, or `<40 hex digits>+<40 hex digits>`.
 */
export type BuiltCommit = string

/** A built commit in its one form, for those who take one from a line or an argument. */
export const BUILT_COMMIT = /^[0-9a-f]{40}(\+[0-9a-f]{40})?$/

export function builtCommit(commit: string, common: string | null): BuiltCommit {
  return common === null ? commit : `${commit}+${common}`
}

export function parseBuiltCommit(built: BuiltCommit): { readonly commit: string; readonly common: string | null } {
  const [commit = '', common = null] = built.split('+')
  return { commit, common }
}

/** How many hex digits of a commit name a release. */
export const RELEASE_LENGTH = 12

/** The name of the release that is built from this: `4f2a91c8e012`, with the common library `4f2a91c8e012-0a1b2c3d4e5f`. */
export function releaseName(built: BuiltCommit): string {
  return built
    .split('+')
    .map((commit) => commit.slice(0, RELEASE_LENGTH))
    .join('-')
}
