// `ctx.call`: nginx's subrequest. Another location of the same server answers, in this process, streamed both ways.
import { BodyError } from '../../transport/body-error.ts'
import type { RequestHead, Sent, WireReply } from '../../transport/port.ts'
import { normalisePath } from '../../transport/request-path.ts'
import type { Asked } from '../asked.ts'
import type { Generation } from '../generation.ts'
import type { ServerPlan } from '../phases.ts'
import { answerInside } from '../serve-request.ts'
import { ServedRequest } from '../served-request.ts'

/** nginx's own: beyond it the calls go in circles. */
const CALLS_DEEP_MAX = 50

/** `parent` is who asks; `generation` the one that answers now; `signal` ends both. Rejects with a TypeError for what is no request. */
export async function callInside(
  parent: ServedRequest,
  generation: Generation,
  signal: AbortSignal,
  path: string,
  init?: RequestInit,
): Promise<Response> {
  if (parent.depth >= CALLS_DEEP_MAX) {
    throw new Error(`Cannot call "${path}": ${parent.depth} calls are inside each other already`)
  }
  signal.throwIfAborted()
  const asked = new InsideAsked(headOf(parent, path, init), bodyOf(init), signal)
  const request = new ServedRequest(asked, generation, serverIn(generation, parent), parent)
  generation.underWay.begin()
  try {
    const outcome = await answerInside(request)
    if (outcome === 'gone' || outcome === 'close') {
      signal.throwIfAborted()
      throw new Error(`"${path}" has hung up without a reply`)
    }
    return toResponse(outcome, request)
  } catch (thrown) {
    end(request)
    throw thrown
  } finally {
    generation.underWay.end()
  }
}

function end(request: ServedRequest): void {
  request.run?.ctx.end()
  request.end()
}

/** After a reload the server of the same address and name answers. */
function serverIn(generation: Generation, { generation: before, server, head }: ServedRequest): ServerPlan {
  if (generation === before) return server
  for (const [key, address] of before.addresses) {
    if (address.route(head.host) === server) return (generation.addresses.get(key) ?? address).route(head.host)
  }
  return server
}

function headOf(parent: ServedRequest, path: string, init: RequestInit | undefined): RequestHead {
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new TypeError(`Cannot call "${path}": it must begin with "/"; ctx.fetch asks another server`)
  }
  const { host, httpVersion, secure, ip } = parent.head
  const mark = path.indexOf('?')
  const rawPath = mark === -1 ? path : path.slice(0, mark)
  const normal = normalisePath(rawPath)
  if (normal === undefined) throw new TypeError(`Cannot call "${path}": it is no path`)
  const { body } = init ?? {}
  // Only a Request knows what type its body is.
  const headers = body == null ? new Headers(init?.headers) : headersWithType(init!)
  headers.delete('content-length')
  const length = typeof body === 'string' ? Buffer.byteLength(body) : ArrayBuffer.isView(body) ? body.byteLength : -1
  return {
    method: init?.method?.toUpperCase() ?? 'GET',
    rawPath,
    path: normal,
    query: mark === -1 ? '' : path.slice(mark + 1),
    headers: [
      ...(headers.has('host')
        ? []
        : [['host', parent.head.headers.find(([name]) => name === 'host')?.[1] ?? host] as const]),
      ...headers,
      ...(body == null
        ? []
        : [length < 0 ? (['transfer-encoding', 'chunked'] as const) : (['content-length', String(length)] as const)]),
    ],
    host,
    ip,
    httpVersion,
    secure,
  }
}

function headersWithType(init: RequestInit): Headers {
  if (init.body instanceof ReadableStream || ArrayBuffer.isView(init.body)) return new Headers(init.headers)
  return new Request('http://inside', { method: 'POST', headers: init.headers ?? {}, body: init.body! }).headers
}

function bodyOf(init: RequestInit | undefined): ReadableStream<Uint8Array> | undefined {
  const { body } = init ?? {}
  if (body == null) return undefined
  return body instanceof ReadableStream ? body : new Response(body).body!
}

/** Who asks, and gets the reply, is a script. */
class InsideAsked implements Asked {
  readonly head: RequestHead
  readonly aborted: AbortSignal
  readonly #body: ReadableStream<Uint8Array> | undefined

  constructor(head: RequestHead, body: ReadableStream<Uint8Array> | undefined, signal: AbortSignal) {
    this.head = head
    this.aborted = signal
    this.#body = body
  }

  async body(bytesMax: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for await (const piece of this.stream(bytesMax)) pieces.push(piece)
    return pieces.length === 1 ? pieces[0]! : new Uint8Array(Buffer.concat(pieces))
  }

  stream(bytesMax: number): ReadableStream<Uint8Array> {
    const body = this.#body
    if (body === undefined) return new ReadableStream({ start: (controller) => controller.close() })
    let bytes = 0
    const bounded = new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        bytes += piece.byteLength
        if (bytes > bytesMax) throw new BodyError('too-large', `The body is longer than ${bytesMax} bytes`)
        controller.enqueue(piece)
      },
    })
    return body.pipeThrough(bounded, { signal: this.aborted })
  }

  /** Its reply is what `answerInside` resolves with. */
  reply(): Promise<Sent> {
    return Promise.resolve({ bytes: 0, aborted: false })
  }

  destroy(): void {}
}

const BODYLESS = new Set([204, 205, 304])

function toResponse({ status, headers, body }: WireReply, request: ServedRequest): Response {
  const list = headers.map(([name, value]): [string, string] => [name, value])
  const bodyless = BODYLESS.has(status) || request.head.method === 'HEAD'
  if (typeof body === 'object' && !ArrayBuffer.isView(body)) {
    if (!bodyless)
      return new Response(
        endingWith(body, () => end(request)),
        { status, headers: list },
      )
    body.cancel().catch(() => {})
  }
  end(request)
  return new Response(bodyless ? null : (body as string | Uint8Array | undefined), { status, headers: list })
}

/** The same pieces, no faster than they are read. */
function endingWith(body: ReadableStream<Uint8Array>, ended: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          controller.close()
          ended()
        } catch (error) {
          ended()
          throw error
        }
      },
      async cancel(reason) {
        ended()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
