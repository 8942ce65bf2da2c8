// The address bar holds what is shown: a link to it shows the same.

export const FILTER_NAMES = ['developer', 'server', 'severity', 'text'] as const
type FilterName = (typeof FILTER_NAMES)[number]

/** Empty means: does not matter. */
export type ShownFilter = Readonly<Record<FilterName, string>>

export function readAddress(): ShownFilter {
  const parameters = new URLSearchParams(location.search)
  const read = (name: FilterName) => parameters.get(name) ?? ''
  return { developer: read('developer'), server: read('server'), severity: read('severity'), text: read('text') }
}

/** `isNew`: a step that the back button takes back; otherwise the present one changes, as when a word grows. */
export function writeAddress(filter: ShownFilter, isNew: boolean): void {
  const query = renderQuery(filter)
  const address = query === '' ? location.pathname : `?${query}`
  if (isNew) history.pushState(null, '', address)
  else history.replaceState(null, '', address)
}

export function renderQuery(filter: ShownFilter): string {
  return new URLSearchParams(
    FILTER_NAMES.filter((name) => filter[name] !== '').map((name) => [name, filter[name]]),
  ).toString()
}
