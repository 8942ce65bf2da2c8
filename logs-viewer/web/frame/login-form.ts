// The form for a token. It lies over what is shown, which stays as it was.
import { html, nothing, type TemplateResult } from 'lit'
import type { Login, Session } from '../../query/wire.ts'
import { ask, sentenceOf } from '../question/ask.ts'
import { PageElement } from './page-element.ts'

/** Told to the page when somebody has logged in. */
export class LoggedIn extends Event {
  static readonly type = 'logged-in'
  readonly session: Session
  constructor(session: Session) {
    super(LoggedIn.type, { bubbles: true })
    this.session = session
  }
}

class LoginForm extends PageElement {
  static override properties = { refusal: { state: true }, isAsking: { state: true } }
  declare refusal: string | null
  declare isAsking: boolean

  constructor() {
    super()
    this.refusal = null
    this.isAsking = false
  }

  override render(): TemplateResult {
    return html`<dialog aria-labelledby="login-title" @cancel=${(event: Event) => event.preventDefault()}>
      <form @submit=${this.#submit}>
        <h2 id="login-title"><b>edgeyard</b> logs</h2>
        <label for="token">Your token</label>
        <input id="token" name="token" type="password" required autocomplete="current-password" spellcheck="false" aria-describedby="login-help" />
        <p id="login-help">The operator gets one with <code>edgeyard dev token NAME</code></p>
        <p class="refusal" role="alert">${this.refusal ?? nothing}</p>
        <button type="submit" class="main" ?disabled=${this.isAsking}>Log in</button>
      </form>
    </dialog>`
  }

  override firstUpdated(): void {
    this.querySelector('dialog')!.showModal()
  }

  readonly #submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const input = this.querySelector('input')!
    this.isAsking = true
    try {
      this.dispatchEvent(new LoggedIn(await logIn(input.value.trim())))
    } catch (error) {
      this.refusal = sentenceOf(error) ?? 'This token is not known, or no longer'
      input.select()
    }
    this.isAsking = false
  }
}
customElements.define('log-login', LoginForm)

/** Throws as `ask`. */
export function logIn(token: string): Promise<Session> {
  return ask<Session>('/api/login', { method: 'POST', body: { token } satisfies Login })
}

/** A link may bring the token along, behind the `#`, where it reaches no server. It is taken out of the address before anything else. */
export function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token !== null) history.replaceState(null, '', `/${location.search}`)
  return token
}
