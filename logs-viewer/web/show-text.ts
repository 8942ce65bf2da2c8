// Text of a record on the page: always as text nodes, with a sign for each character that would be invisible or turn the line around.

/** C0 and C1 controls, soft hyphen, zero-width and direction characters, line separators, the byte order mark. */
const UNSEEN = /[\x00-\x08\x0a-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

/** Appends a text. A line break is shown as a sign, and breaks the line when `keepLines`. */
export function showText(parent: HTMLElement, text: string, keepLines = false): void {
  let start = 0
  for (let at = findUnseen(text, start); at !== -1; at = findUnseen(text, start)) {
    if (at > start) parent.append(text.slice(start, at))
    const character = text[at]!
    if (keepLines && character === '\n') parent.append('\n')
    else parent.append(signOf(character))
    start = at + 1
  }
  if (start < text.length) parent.append(text.slice(start))
}

function findUnseen(text: string, start: number): number {
  const found = text.slice(start).search(UNSEEN)
  return found === -1 ? -1 : start + found
}

function signOf(character: string): HTMLElement {
  const code = character.charCodeAt(0).toString(16)
  const sign = document.createElement('span')
  sign.className = 'unseen'
  sign.title = `U+${code.toUpperCase().padStart(4, '0')}`
  // As it is written in a string: Unicode's pictures of controls are missing in most fonts.
  sign.textContent =
    NAMES[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`)
  return sign
}

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\0': '\\0', '\v': '\\v', '\f': '\\f' }
