// Keeps the connections of clients that take their time. The engine cuts one whose body comes slower than 16 KiB/s, or waits
// because nobody reads it, or who does not read a reply, after 10 s; being told to pause and resume, it begins to count anew.
// So `client_body_timeout` and `send_timeout` decide.

/** Far enough below the engine's 10 s, of which it counts in steps of 4 s. */
const KEEP_MS = 4000

/** An exchange that is in the middle of a body. */
export interface SlowClient {
  keep(): void
}

export class SlowClients {
  private readonly clients = new Set<SlowClient>()
  private timer: NodeJS.Timeout | undefined

  add(client: SlowClient): void {
    this.clients.add(client)
    // It goes on until a look finds nobody: most bodies are over before the first.
    this.timer ??= setInterval(() => this.look(), KEEP_MS).unref()
  }

  delete(client: SlowClient): void {
    this.clients.delete(client)
  }

  private look(): void {
    for (const client of this.clients) client.keep()
    if (this.clients.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }
}
