// One request on its way through the phases: where it is, what it carries from one to the next, and what is known of its end.
import type { ServerConf } from '../contract/conf/conf.ts'
import type { RequestHead } from '../transport/port.ts'
import type { Asked } from './asked.ts'
import type { Generation } from './generation.ts'
import type { Plan, ServerPlan } from './phases.ts'
import { nextRequestId } from './request-id.ts'
import type { ScriptRun } from './script-run.ts'

export class ServedRequest {
  readonly asked: Asked
  readonly generation: Generation
  readonly id = nextRequestId()
  readonly begunAt = performance.now()
  readonly server: ServerPlan
  /** Of the location it is in; before one is found, of the server itself. */
  plan: Plan
  /** The client's address; `real_ip` may have found another than the peer's. */
  ip: string
  /** `$uri`: the path as rewrites and internal redirects have left it. */
  uri: string
  /** `$args`, without the `?`. */
  args: string
  /** It was sent on inside: `internal` locations are open to it. */
  internal = false
  /** What `set` and named groups gave. */
  variables: Map<string, string> | undefined
  /** Of the last pattern that matched: `$1` to `$9`. */
  captures: readonly (string | undefined)[] | undefined
  /** The script's part in it, once a script was asked. */
  run: ScriptRun | undefined
  /** Of the reply; 0 while there is none. */
  status = 0
  bytes = 0
  #ends: (() => void)[] | undefined

  constructor(asked: Asked, generation: Generation, server: ServerPlan) {
    this.asked = asked
    this.generation = generation
    this.server = server
    this.plan = server.base
    this.ip = asked.head.ip
    this.uri = asked.head.path
    this.args = asked.head.query
  }

  get head(): RequestHead {
    return this.asked.head
  }

  /** Runs `ended` when the reply has left or the client has gone; of a socket, when it has closed. */
  onEnd(ended: () => void): void {
    this.#ends ??= []
    this.#ends.push(ended)
  }

  end(): void {
    const ends = this.#ends
    this.#ends = undefined
    if (ends !== undefined) for (const ended of ends) ended()
  }
}

/** What nginx calls a server in its records: its first name. */
export function shownServer({ serverNames: [first] }: ServerConf): string {
  if (first === undefined) return ''
  if (first.kind === 'pattern') return `~${first.pattern.source}`
  return first.kind === 'suffix' ? `*${first.name}` : first.kind === 'prefix' ? `${first.name}.*` : first.name
}
