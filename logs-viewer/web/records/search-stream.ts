// A search through all history, while it goes on: hits as they are found, and how far it has come.
import type { SearchEvents, ShownRecord } from '../../query/wire.ts'
import { askStream } from '../question/ask.ts'
import { readEvents } from '../question/read-events.ts'

/** `id`: the record that it has come to, from which it can go on. */
export type Progress = SearchEvents['progress']

export interface SearchListener {
  /** In the order of arrival, older than all before. */
  onFound(records: readonly ShownRecord[]): void
  onProgress(progress: Progress): void
}

/** Throws as `ask`. A search that the signal ends stays where it is. Undefined: the connection has ended before the search had. */
export async function search(
  question: URLSearchParams,
  listener: SearchListener,
  signal: AbortSignal,
): Promise<SearchEvents['done'] | undefined> {
  let done: SearchEvents['done'] | undefined
  const response = await askStream(`/api/search?${question}`, { signal })
  await readEvents(response, (events) => {
    for (const { name, data } of events) {
      if (name === 'found') listener.onFound((JSON.parse(data) as SearchEvents['found']).toReversed())
      else if (name === 'progress') listener.onProgress(JSON.parse(data) as Progress)
      else if (name === 'done') done = JSON.parse(data) as SearchEvents['done']
    }
  }).catch((error: unknown) => {
    // One that breaks has ended, as one that the server ends.
    if (signal.aborted) throw error
  })
  return done
}
