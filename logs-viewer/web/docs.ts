// The search box of the documentation: every name and what is said of it, while one types.
import type { SearchEntry } from '../docs/search-index.ts'
import { applyTheme, readTheme } from './frame/theme.ts'

applyTheme(readTheme())

/** More are not read; a longer word finds fewer. */
const SHOWN_MAX = 40

const box = document.querySelector('search') as HTMLElement
const input = document.getElementById('search') as HTMLInputElement
const results = document.getElementById('results') as HTMLElement
const article = document.querySelector('article') as HTMLElement

let entries: Promise<readonly SearchEntry[]> | undefined

async function search(): Promise<void> {
  const text = input.value.trim()
  results.hidden = text === ''
  article.hidden = text !== ''
  if (text === '') return results.replaceChildren()
  entries ??= fetch('/docs/search.json').then((reply) => reply.json() as Promise<readonly SearchEntry[]>)
  const all = await entries
  // Somebody has typed on meanwhile.
  if (input.value.trim() !== text) return
  const found = find(all, text)
  const count = document.createElement('p')
  count.textContent = found.length === 0 ? `Nothing is called “${text}”` : countText(found.length)
  const list = document.createElement('ol')
  list.append(...found.slice(0, SHOWN_MAX).map(rowOf))
  results.replaceChildren(count, list)
}

/** Every word somewhere; names that begin with them first, then names that hold them, then texts. */
function find(all: readonly SearchEntry[], text: string): readonly SearchEntry[] {
  const words = text.toLowerCase().split(/\s+/)
  return all
    .map((entry) => ({ entry, rank: Math.max(...words.map((word) => rankOf(entry, word))) }))
    .filter(({ rank }) => rank < MISSING)
    .sort((a, b) => a.rank - b.rank)
    .map(({ entry }) => entry)
}

const MISSING = 9

function rankOf({ name, text }: SearchEntry, word: string): number {
  const lower = name.toLowerCase()
  if (lower === word) return 0
  if (lower.startsWith(word)) return 1
  if (lower.split(/[./]/).some((part) => part.startsWith(word))) return 2
  if (lower.includes(word)) return 3
  return text.toLowerCase().includes(word) ? 4 : MISSING
}

function rowOf({ name, module, kind, href, text }: SearchEntry): HTMLLIElement {
  const row = document.createElement('li')
  const link = document.createElement('a')
  link.href = href
  link.textContent = name
  const where = document.createElement('small')
  where.textContent = kind === 'module' ? 'module' : module
  const said = document.createElement('p')
  said.textContent = text
  row.append(link, ' ', where, said)
  // On this very page an anchor only scrolls: what was found has to be seen.
  link.addEventListener('click', clear)
  return row
}

function clear(): void {
  input.value = ''
  void search()
}

function countText(count: number): string {
  if (count > SHOWN_MAX) return `The first ${SHOWN_MAX} of ${count}`
  return count === 1 ? 'One found' : `${count} found`
}

input.addEventListener('input', () => void search())
input.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') clear()
  if (event.key === 'Enter') results.querySelector('a')?.click()
})
document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLElement && event.target.closest('input, select, textarea') !== null
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  input.focus()
})
box.hidden = false
