// What a phase can end a request with.
import type { WireReply } from '../transport/port.ts'

/** Sent on inside (`ngx.exec`, `rewrite … last`, `try_files`, `error_page`): a path, or a named location that keeps the path. */
export class InternalRedirect {
  readonly target: { readonly uri: string; readonly args: string } | { readonly named: string }

  constructor(target: InternalRedirect['target']) {
    this.target = target
  }
}

/** A reply, a way inside, a socket that was accepted, or nobody to reply to: nginx's 499, and 444 that hangs up. */
export type Outcome = WireReply | InternalRedirect | 'switched' | 'gone' | 'close'
