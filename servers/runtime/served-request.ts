// One request on its way through the phases: where it is, what it carries from one to the next, and what is known of its end.
import type { ServerConf } from '../contract/conf/conf.ts'
import type { RequestHead, Sent, WireReply } from '../transport/port.ts'
import { NO_HEAD } from '../transport/request-head.ts'
import { settledHead } from '../transport/settled-head.ts'
import type { Asked } from './asked.ts'
import type { Generation } from './generation.ts'
import type { Plan, ServerPlan } from './phases.ts'
import { nextRequestId } from './request-id.ts'
import { BodyReader } from './script/body-reader.ts'
import type { ScriptRun } from './script-run.ts'
import type { Running } from './watchdog/running.ts'

/** Of a socket, whose own close tells of its end. */
class Accepted implements Asked {
  readonly head = NO_HEAD

  get aborted(): AbortSignal {
    return new AbortController().signal
  }
  async body(): Promise<Uint8Array> {
    return new Uint8Array(0)
  }
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream({ start: (controller) => controller.close() })
  }
  reply(): Sent {
    return { bytes: 0, aborted: true }
  }
  destroy(): void {
    // It is closed, not destroyed.
  }
}

/** Keeps nothing. */
const ACCEPTED = new Accepted()

/** What most requests never have. */
class Rare {
  parent: ServedRequest | undefined
  internal = false
  isErrorPage = false
  errorStatus: number | undefined
  variables: Map<string, string> | undefined
  mapped: Map<string, string> | undefined
  captures: readonly (string | undefined)[] | undefined
  body: BodyReader | undefined
}

export class ServedRequest {
  asked: Asked
  readonly generation: Generation
  id: string
  readonly begunAt = performance.now()
  readonly server: ServerPlan
  /** The one that was connected to; 0 for a Unix socket. */
  readonly port: number
  /** As it came; the page of an error is asked for with GET. */
  head: RequestHead
  /** Of the location it is in; before one is found, of the server itself. */
  plan: Plan
  /** `$uri`: the path as rewrites and internal redirects have left it. */
  uri: string
  /** `$args`, without the `?`. */
  args: string
  /** The script's part in it, once a script was asked. */
  run: ScriptRun | undefined
  /** Of a socket: its session. */
  #session: Running | undefined
  /** As it leaves, or as far as its filters have brought it. */
  reply: WireReply | undefined
  /** Of the reply; 0 while there is none. */
  status = 0
  /** It has its reply, or nobody waits for one. */
  concluded = false
  /** What became of the reply. */
  sent: Sent | undefined
  #ip: string | undefined
  #rare: Rare | undefined
  #ends: (() => void)[] | undefined

  /** `from`: the port that it came to, or the one whose script asks for it. */
  constructor(asked: Asked, generation: Generation, server: ServerPlan, from: ServedRequest | number) {
    const parent = typeof from === 'number' ? undefined : from
    this.asked = asked
    this.generation = generation
    this.head = asked.head
    this.server = server
    this.port = typeof from === 'number' ? from : from.port
    this.id = parent === undefined ? nextRequestId() : parent.id
    this.plan = server.base
    this.uri = asked.head.path
    this.args = asked.head.query
    if (parent === undefined) return
    this.own.parent = parent
    this.internal = true
  }

  /** As the client asked; `head` may be that of an error's page. */
  get original(): RequestHead {
    return this.isSocket ? this.head : this.asked.head
  }

  /** The client's address; `real_ip` may have found another than the peer's. To be read before the reply (port.ts). */
  get ip(): string {
    this.#ip ??= this.parent === undefined ? this.asked.head.ip : this.parent.ip
    return this.#ip
  }
  set ip(ip: string) {
    this.#ip = ip
  }

  private get own(): Rare {
    this.#rare ??= new Rare()
    return this.#rare
  }

  /** Whose script asks for it (`ctx.call`). */
  get parent(): ServedRequest | undefined {
    return this.#rare?.parent
  }

  /** Calls that it is inside of (`ctx.call`); 0: a client asked. */
  get depth(): number {
    const { parent } = this
    return parent === undefined ? 0 : parent.depth + 1
  }

  /** Who is stopped with what runs for it. */
  get running(): Running | undefined {
    return this.#session ?? this.run?.ctx.running
  }

  /** It was sent on inside: `internal` locations are open to it. */
  get internal(): boolean {
    return this.#rare?.internal ?? false
  }
  set internal(internal: boolean) {
    this.own.internal = internal
  }

  /** It is about the page of an error (`error_page`), whose own error has none. */
  get isErrorPage(): boolean {
    return this.#rare?.isErrorPage ?? false
  }
  set isErrorPage(isErrorPage: boolean) {
    this.own.isErrorPage = isErrorPage
  }

  /** The status that this page is sent with; undefined: its own. */
  get errorStatus(): number | undefined {
    return this.#rare?.errorStatus
  }
  set errorStatus(status: number | undefined) {
    this.own.errorStatus = status
  }

  /** What `set` and named groups gave. */
  get variables(): Map<string, string> | undefined {
    return this.#rare?.variables
  }
  set variables(variables: Map<string, string> | undefined) {
    this.own.variables = variables
  }

  /** What `map` variables were asked for. */
  get mapped(): Map<string, string> | undefined {
    return this.#rare?.mapped
  }
  set mapped(mapped: Map<string, string> | undefined) {
    this.own.mapped = mapped
  }

  /** Of the last pattern that matched: `$1` to `$9`. */
  get captures(): readonly (string | undefined)[] | undefined {
    return this.#rare?.captures
  }
  set captures(captures: readonly (string | undefined)[] | undefined) {
    if (captures !== undefined || this.#rare !== undefined) this.own.captures = captures
  }

  /** Of the reply's body. */
  get bytes(): number {
    return this.sent === undefined ? 0 : this.sent.bytes
  }

  /** Bounded by `client_max_body_size` of the location that it is in when it is first read. */
  get body(): BodyReader {
    const own = this.own
    own.body ??= new BodyReader(this.asked, this.plan.location.clientMaxBodySizeBytes || Number.POSITIVE_INFINITY)
    return own.body
  }

  /** Before a reply that is a stream: it may come from the body. */
  beginBody(): void {
    this.#rare?.body?.begin()
  }

  get isSocket(): boolean {
    return this.asked === ACCEPTED
  }

  /** It has become a socket, of which there may be very many: what only a reply needs is let go. */
  settle(session: Running): void {
    const { ip, head } = this
    const isOwn = this.uri !== head.path
    const settled = settledHead(head)
    this.head = settled
    this.#ip = ip === settled.ip ? settled.ip : ip
    this.args = this.args === settled.query ? settled.query : this.args
    if (!isOwn) this.uri = settled.path
    this.asked = ACCEPTED
    this.run = undefined
    this.#session = session
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
  if (first.kind === 'suffix') return first.bare ? first.name.slice(1) : `*${first.name}`
  return first.kind === 'prefix' ? `${first.name}.*` : first.name
}
