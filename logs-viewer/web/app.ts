// The page: what the address says, shown.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Session, ShownRecord } from '../query/wire.ts'
import './errors/error-groups.ts'
import type { ErrorGroups } from './errors/error-groups.ts'
import './frame/health-strip.ts'
import './frame/key-help.ts'
import type { KeyHelp } from './frame/key-help.ts'
import { type Deed, deedOf } from './frame/keys.ts'
import { type LoggedIn, LoggedIn as LoggedInEvent, logIn, takeToken } from './frame/login-form.ts'
import { pageBehindLogin } from './frame/page-behind-login.ts'
import { PageElement } from './frame/page-element.ts'
import { openPopover } from './frame/popover.ts'
import { applyTheme, readTheme } from './frame/theme.ts'
import { viewMenu } from './frame/view-menu.ts'
import { changedView, parseAddress, renderAddress, shownView, type View, ViewChange } from './question/address.ts'
import { ask, LOGIN_NEEDED, sentenceOf } from './question/ask.ts'
import { columnsMenu } from './question/columns-menu.ts'
import { exportMenu } from './question/export-menu.ts'
import './question/filter-bar.ts'
import type { FilterBar } from './question/filter-bar.ts'
import './question/histogram.ts'
import type { Histogram } from './question/histogram.ts'
import './question/saved-searches.ts'
import { copyText, linkTo } from './records/record-details.ts'
import { Arrival, type RecordList } from './records/record-list.ts'
import './records/record-list.ts'

const TAIL_TEXTS = {
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'Reconnecting',
  refused: 'Not live',
  off: 'Past',
} as const
const CONNECTING = { state: 'connecting', text: TAIL_TEXTS.connecting } as const

class LogApp extends PageElement {
  static override properties = {
    view: { state: true },
    session: { state: true },
    isLoginNeeded: { state: true },
    hasContent: { state: true },
    isListReady: { state: true },
    status: { state: true },
  }
  declare view: View
  declare session: Session | null
  declare isLoginNeeded: boolean
  /** Who has been here is let in again as a rule, so what is shown is asked for before that is known. */
  declare hasContent: boolean
  /** The list has its first records, or searches for them. */
  declare isListReady: boolean
  /** What the address means. */
  #shown: View
  /** Of the list: its tail, or how far a search is. */
  declare status: { readonly state: keyof typeof TAIL_TEXTS; readonly text: string }

  readonly #token = takeToken()

  constructor() {
    super()
    this.view = parseAddress(location.search)
    this.#shown = shownView(this.view)
    this.session = null
    this.isLoginNeeded = false
    this.hasContent = this.#token === null && pageBehindLogin(location) === null
    this.isListReady = false
    this.status = CONNECTING
    this.addEventListener(ViewChange.type, (event) => this.#change(event as ViewChange))
    this.addEventListener(LoggedInEvent.type, (event) => this.#enter((event as LoggedIn).session))
    this.addEventListener(Arrival.type, (event) => this.#learn((event as Arrival).records))
    this.addEventListener('click', (event) => this.#followLink(event))
    addEventListener(LOGIN_NEEDED, () => {
      this.isLoginNeeded = true
      // What somebody was looking at stays.
      if (this.session === null) this.hasContent = false
    })
    addEventListener('popstate', () => (this.view = parseAddress(location.search)))
    addEventListener('keydown', (event) => this.#press(event))
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#begin()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('view')) this.#shown = shownView(this.view)
  }

  override render(): TemplateResult {
    const { session } = this
    const view = this.#shown
    const isErrors = view.view === 'errors'
    const change = (next: Partial<View>) => this.dispatchEvent(new ViewChange(next))
    return html`<header class="bar">
        <h1><img src="/icon.svg" alt="" width="20" height="20" /><span>edgeyard</span> logs</h1>
        <nav aria-label="Pages">
          <a href=${hrefOf({ ...this.view, view: '', id: '', state: '' })} data-view aria-current=${isErrors ? nothing : 'page'}>Logs</a>
          <a href=${hrefOf({ ...this.view, view: 'errors', id: '' })} data-view aria-current=${isErrors ? 'page' : nothing}>Errors</a>
          <a href="/docs/">Docs</a>
        </nav>
        ${isErrors ? nothing : html`<p id="status" role="status" data-state=${this.status.state}>${this.status.text}</p>`}
        <div class="menus">
          <log-searches .view=${this.view}></log-searches>
          ${columnsMenu(
            view,
            () => this.#list?.newest ?? [],
            change,
            () => this.requestUpdate(),
          )} ${exportMenu(view)}
          ${viewMenu(view, session, change, () => void this.#leave())}
          <button type="button" class="help" aria-label="Keys and help" @click=${() => this.#act('help')}>?</button>
        </div>
        <log-filter .view=${view} .sources=${session?.sources ?? []}></log-filter>
      </header>
      ${this.hasContent ? this.#content(isErrors) : nothing}
      <log-keys></log-keys>
      ${this.isLoginNeeded ? html`<log-login></log-login>` : nothing}`
  }

  override updated(): void {
    const { developer, server, view } = this.view
    const named = [view, developer, server].filter((text) => text !== '').join(' ')
    document.title = named === '' ? 'edgeyard logs' : `${named} · edgeyard logs`
  }

  #content(isErrors: boolean): TemplateResult {
    const view = this.#shown
    return html`${view.id === '' ? html`<log-histogram role="region" aria-label="Records over time" .view=${view} .isReady=${isErrors || this.isListReady}></log-histogram>` : this.#contextBar()}
      <main>${
        isErrors
          ? html`<log-errors .view=${view} .who=${this.session?.who ?? ''}></log-errors>`
          : html`<log-records .view=${view} @feed=${() => this.#showStatus()}></log-records>`
      }</main>
      <log-health></log-health>`
  }

  #contextBar(): TemplateResult {
    const [developer, server] = this.view.id.split('/')
    return html`<section class="context" aria-label="Context">
      <p><b>${developer}</b> ${server}: everything around one record, whatever the filter is</p>
      <button type="button" @click=${() => this.dispatchEvent(new ViewChange({ id: '' }))}>Back <kbd>Esc</kbd></button>
    </section>`
  }

  async #begin(): Promise<void> {
    const token = this.#token
    try {
      this.#enter(token === null ? await ask<Session>('/api/session') : await logIn(token))
    } catch (error) {
      if (sentenceOf(error) === null || token !== null) this.isLoginNeeded = true
      else setTimeout(() => void this.#begin(), 1000)
    }
  }

  /** What is shown stays; whoever could not be answered before is now. */
  #enter(session: Session): void {
    const wanted = pageBehindLogin(location)
    if (wanted !== null) {
      location.replace(wanted)
      return
    }
    const isAgain = this.session !== null
    this.session = session
    this.isLoginNeeded = false
    this.hasContent = true
    if (!isAgain) return
    this.#list?.restart()
    this.#histogram?.restart()
    this.querySelector<ErrorGroups>('log-errors')?.restart()
  }

  /** Whose records come for the first time is offered from now on. */
  #learn(records: readonly ShownRecord[]): void {
    this.#histogram?.stale()
    const { session } = this
    if (session === null) return
    const fresh = records.filter(
      ({ developer, server }) =>
        !session.sources.some((source) => source.developer === developer && source.server === server),
    )
    if (fresh.length === 0) return
    const sources = new Map([...session.sources, ...fresh].map((from) => [`${from.developer}/${from.server}`, from]))
    this.session = {
      ...session,
      sources: [...sources.values()].map(({ developer, server }) => ({ developer, server })),
    }
  }

  async #leave(): Promise<void> {
    await ask('/api/logout', { method: 'POST' }).catch(sentenceOf)
    this.session = null
    this.hasContent = false
    this.isLoginNeeded = true
  }

  /** A word that grows is one step of the history, everything else one of its own. */
  #change({ change, isTyping }: ViewChange): void {
    const view = changedView(this.view, change)
    const address = renderAddress(view)
    if (address === renderAddress(this.view)) return
    const url = address === '' ? '/' : `/?${address}`
    if (isTyping) history.replaceState(null, '', url)
    else history.pushState(null, '', url)
    this.view = view
  }

  /** Links within the page need no new page. */
  #followLink(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-view], a[data-id]')
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    const { id } = link.dataset
    this.dispatchEvent(new ViewChange(id === undefined ? parseAddress(link.search) : { view: '', id }))
  }

  #showStatus(): void {
    const { tail, isLoading, progress } = this.#list!.feed!
    if (!isLoading || progress !== null) this.isListReady = true
    if (this.status.state !== tail) this.status = { state: tail, text: TAIL_TEXTS[tail] }
  }

  #press(event: KeyboardEvent): void {
    const deed = deedOf(event)
    if (deed === undefined) return
    event.preventDefault()
    this.#act(deed)
  }

  #act(deed: Deed): void {
    const list = this.#list
    const { view } = this
    const change = (next: Partial<View>) => this.dispatchEvent(new ViewChange(next))
    const deeds: Readonly<Record<Deed, () => void>> = {
      next: () => list?.move(1),
      previous: () => list?.move(-1),
      nextError: () => list?.seekError(1),
      previousError: () => list?.seekError(-1),
      nextHit: () => list?.seekHit(1),
      previousHit: () => list?.seekHit(-1),
      open: () => list?.openCurrent(),
      context: () => list?.current !== undefined && change({ id: list.current.id }),
      link: () => list?.current !== undefined && void copyText(linkTo(list.current)),
      follow: () => list?.followNewest(),
      first: () => list?.goToFirst(),
      search: () => this.querySelector<FilterBar>('log-filter')!.focusSearch(),
      wrap: () => change({ wrap: view.wrap === 'off' ? '' : 'off' }),
      time: () => change({ time: view.time === 'local' ? '' : 'local' }),
      export: () => openPopover('export'),
      back: () => this.#back(),
      help: () => this.querySelector<KeyHelp>('log-keys')!.toggle(),
    }
    deeds[deed]()
  }

  /** To the list, whose keys then count, and then out of the context. */
  #back(): void {
    const focused = document.activeElement
    if (focused instanceof HTMLElement && focused !== document.body && focused.closest('.scroller') === null) {
      // While there are no records there is nothing else to have the focus.
      focused.blur()
      this.querySelector<HTMLElement>('.scroller')?.focus()
    } else if (this.view.id !== '') this.dispatchEvent(new ViewChange({ id: '' }))
  }

  get #list(): RecordList | null {
    return this.querySelector('log-records')
  }

  get #histogram(): Histogram | null {
    return this.querySelector('log-histogram')
  }
}

function hrefOf(view: View): string {
  const address = renderAddress(view)
  return address === '' ? '/' : `/?${address}`
}

applyTheme(readTheme())
customElements.define('log-app', LogApp)
