// Text that came from a developer, made safe for somebody's terminal.

// C0 and C1 controls but the tab, DEL, line separators, and what changes the direction of text or takes no room.
const UNPRINTABLE =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu

/** The longest line that is shown; a remote's lines are not wrapped by git. */
const LINE_CHARACTERS_MAX = 400

/** One line of text with `?` for every character that could move the cursor, hide, or turn the line around. */
export function printable(text: string): string {
  const clean = text.replace(UNPRINTABLE, '?')
  return clean.length > LINE_CHARACTERS_MAX ? `${clean.slice(0, LINE_CHARACTERS_MAX - 1)}…` : clean
}
