// How people name a release: its name as `releases` shows it, or the beginning of it, or of its commit.

const RELEASE = /^[0-9a-f]{7,40}(-[0-9a-f]{7,40})?$/

/** Shorter ones name too much, longer ones nothing. */
export function isReleaseText(text: string): boolean {
  return RELEASE.test(text)
}
