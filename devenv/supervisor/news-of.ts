// What an operator wants to read of a push of ours.

/** What is live by it, and everything when that is less than it should be. */
export function newsOf(said: readonly string[], liveMin: number): readonly string[] {
  const live = said.filter((line) => line.includes(' is live: '))
  return live.length >= liveMin ? live : said
}
