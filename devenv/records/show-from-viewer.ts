// Records of one source in the terminal as the log viewer finds them: with its index, its rights and its searches.
import type { LogRecord } from '../../servers/contract/record.ts'
import type { LogQuery } from './log-query.ts'
import { renderShown, type Showing } from './show-records.ts'
import type { ViewerClient } from './viewer-client.ts'

/** The API gives no more at once. */
const PAGE_MAX = 1000
/** A viewer that is started again is back by then; until it is, it is asked again and again. */
const AGAIN_MS = 1000

type Shown = LogRecord & { readonly id: string }

export interface ViewerShowing extends Showing {
  /** The words of a search, as on the page; null: none. */
  readonly search: string | null
  /** Something about the work, not a record. */
  tell(text: string): void
  /** Another client of the viewer, when it has been away. Throws while it is. */
  again(): Promise<ViewerClient>
}

/** Resolves with how many of the newest were shown, when they are, or when following has ended. */
export async function showFromViewer(viewer: ViewerClient, query: LogQuery, showing: ViewerShowing): Promise<number> {
  const { print, signal } = showing
  const words = questionOf(query, showing)
  const records = await readNewest(viewer, query.lines, words)
  for (const record of records) if (!signal.aborted) await print(renderShown(record, query, showing.paint))
  if (query.follow) await follow(viewer, query, { showing, words, last: records.at(-1)?.id })
  return records.length
}

async function readNewest(viewer: ViewerClient, lines: number, words: URLSearchParams): Promise<readonly Shown[]> {
  const pages: Shown[][] = []
  let left = lines
  let before: string | null = ''
  while (left > 0 && before !== null) {
    const page: URLSearchParams = new URLSearchParams(words)
    page.set('limit', String(Math.min(left, PAGE_MAX)))
    if (before !== '') page.set('before', before)
    const reply: { records: Shown[]; before: string | null } = await viewer.ask(`api/records?${page}`)
    pages.push(reply.records)
    left -= reply.records.length
    before = reply.before
  }
  return pages.reverse().flat()
}

/** Until the signal aborts: a viewer that goes away is waited for, and asked for what has come meanwhile. */
async function follow(
  first: ViewerClient,
  query: LogQuery,
  { showing, words, last }: { showing: ViewerShowing; words: URLSearchParams; last: string | undefined },
): Promise<void> {
  const { print, tell, signal, paint } = showing
  let viewer: ViewerClient | null = first
  let after = last
  // What is given twice after a break is known by its id.
  let known = new Set(last === undefined ? [] : [last])
  let isAway = false
  while (!signal.aborted) {
    try {
      viewer ??= await showing.again()
      if (isAway) tell('The log page is back')
      isAway = false
      const path = `api/tail?${words}${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`
      for await (const { event, data } of viewer.follow(path, signal)) {
        if (event === 'skipped') tell(skippedText(JSON.parse(data)))
        // There is no use in asking again.
        if (event === 'refused') return tell((JSON.parse(data) as { message: string }).message)
        if (event !== 'message') continue
        const record = JSON.parse(data) as Shown
        if (known.has(record.id)) continue
        known = new Set([...known, record.id].slice(-PAGE_MAX))
        after = record.id
        await print(renderShown(record, query, paint))
      }
    } catch {
      // Told below, once.
    }
    if (signal.aborted) return
    if (!isAway) tell('The log page is away; waiting for it')
    isAway = true
    viewer = null
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, AGAIN_MS)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

function skippedText({ count }: { count: number | null }): string {
  return `${count === null ? 'Some records' : `${count} records`} were too many at once and are not shown`
}

function questionOf({ source, sinceMs, level, grep }: LogQuery, { developer, search }: ViewerShowing): URLSearchParams {
  const words = new URLSearchParams({ developer, server: source })
  if (sinceMs !== null) words.set('from', new Date(sinceMs).toISOString())
  if (level !== null) words.set('severity', level)
  const q = [...(grep === null ? [] : [quote(grep)]), ...(search === null ? [] : [search])].join(' ')
  if (q !== '') words.set('q', q)
  return words
}

/** A text as one term of a search: in quotes, or, when it has some itself, as a pattern. */
function quote(text: string): string {
  return text.includes('"') ? `/${text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}/` : `"${text}"`
}
