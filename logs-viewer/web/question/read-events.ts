// Server-sent events of an answer, as they come. The browser's own EventSource hides the status of an answer, and asks again by itself.

export interface ServerEvent {
  /** `message` when the server does not say. */
  readonly name: string
  readonly data: string
}

/** One event may have so many characters: far more than the server sends, so that a broken stream ends. */
const EVENT_LENGTH_MAX = 32 * 1024 * 1024

/** Hands on events in the batches they arrive in; `onBytes` hears of every sign of life. Resolves when the answer has ended. */
export async function readEvents(
  { body }: Response,
  onEvents: (events: readonly ServerEvent[]) => void,
  onBytes: () => void = () => undefined,
): Promise<void> {
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    onBytes()
    rest += value
    const end = rest.lastIndexOf('\n\n')
    if (end === -1) {
      if (rest.length > EVENT_LENGTH_MAX) throw new Error(`An event has more than ${EVENT_LENGTH_MAX} characters`)
      continue
    }
    const blocks = rest.slice(0, end).split('\n\n')
    rest = rest.slice(end + 2)
    onEvents(blocks.flatMap(parseEvent))
  }
}

function parseEvent(block: string): ServerEvent[] {
  let name = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('data: ')) data.push(line.slice(6))
    else if (line.startsWith('event: ')) name = line.slice(7)
  }
  // A heartbeat is a comment, and has none.
  return data.length === 0 ? [] : [{ name, data: data.join('\n') }]
}
