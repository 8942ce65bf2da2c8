// What may be in a close frame (RFC 6455 section 7.4): engines send whatever they are given.

/** A reason's bytes: a control frame holds 125, two of them are the code. */
export const CLOSE_REASON_BYTES_MAX = 123

/** 1000 for none; 1011 for a code that may not be sent. */
export function closeCode(code: number | undefined): number {
  if (code === undefined) return 1000
  const sendable = code === 1000 || code === 1008 || (code >= 1011 && code <= 1013) || (code >= 3000 && code <= 4999)
  return sendable && Number.isInteger(code) ? code : 1011
}

/** Cut so that it fits, never inside a character. */
export function closeReason(reason: string | undefined): string {
  if (reason === undefined || reason === '') return ''
  const text = String(reason)
  if (text.length * 3 <= CLOSE_REASON_BYTES_MAX) return text
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= CLOSE_REASON_BYTES_MAX) return text
  let end = CLOSE_REASON_BYTES_MAX
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
