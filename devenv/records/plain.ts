// Text of somebody else's, made harmless for a terminal without losing any of it.

const CONTROL = /[^\P{Cc}\t\n]|\p{Cf}/gu

/** No control characters but tab and newline, nothing that turns text around: they are shown by their numbers. */
export function plain(text: string): string {
  return text.replace(CONTROL, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/** One line of JSON in which such characters are escaped as JSON escapes them. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(CONTROL, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
