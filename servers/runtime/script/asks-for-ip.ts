// Whether any code that was loaded here could ask for a client's address. Finding it out costs a fifth of a small request, and
// after a reply it cannot be found out any more, when the script may still hold the request: a text that never says "ip" never asks.

let said = false

/** Of every script that is compiled; what was once said counts for ever. */
export function noteCode(text: string): void {
  said ||= /\bip\b/.test(text)
}

export function codeAsksForIp(): boolean {
  return said
}
