// `req.formData()`. Not undici's own parser: it refuses what other clients send (names without quotes, `filename*`, text around the
// parts, as .NET's and mail libraries write them), and knows no limit of parts.
import type { BusboyHeaders } from '@fastify/busboy'

const PARTS_MAX = 1000
const NAME_BYTES_MAX = 1024
/** Of one part. */
const HEADERS_MAX = 20

/** `body` is bounded already, and so is every part. Rejects with a TypeError. */
export async function parseForm(contentType: string | undefined, body: Uint8Array): Promise<FormData> {
  const type = contentType?.replace(/;.*$/s, '').trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded') return fromUrlEncoded(body)
  if (type === 'multipart/form-data') return fromMultipart(contentType!, body)
  throw new TypeError(`Cannot read a form from a body of the type ${type === undefined ? 'that is not said' : type}`)
}

function fromUrlEncoded(body: Uint8Array): FormData {
  const form = new FormData()
  let fields = 0
  for (const [name, value] of new URLSearchParams(new TextDecoder().decode(body))) {
    if (++fields > PARTS_MAX) throw tooMany()
    form.append(name, value)
  }
  return form
}

async function fromMultipart(contentType: string, body: Uint8Array): Promise<FormData> {
  const { Busboy } = await import('@fastify/busboy')
  const form = new FormData()
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) =>
      reject(error instanceof TypeError ? error : new TypeError(`Cannot read the form: ${(error as Error).message}`))
    try {
      const parser = new Busboy({
        headers: { 'content-type': contentType } as BusboyHeaders,
        limits: { parts: PARTS_MAX, fieldSize: body.length, headerPairs: HEADERS_MAX },
      })
      const append = (name: string, value: string | File) => {
        if (Buffer.byteLength(name) > NAME_BYTES_MAX) failed(new Error(`a name is longer than ${NAME_BYTES_MAX} bytes`))
        else form.append(decoded(name), value as string)
      }
      parser.on('field', append)
      parser.on('file', (name, file, filename, _encoding, type) => {
        const pieces: Uint8Array[] = []
        file.on('data', (piece: Uint8Array) => pieces.push(piece))
        file.on('end', () => append(name, new File(pieces, decoded(filename ?? ''), { type })))
        file.on('error', failed)
      })
      parser.on('partsLimit', () => failed(tooMany()))
      parser.on('error', failed)
      parser.on('finish', () => resolve(form))
      parser.end(body)
    } catch (error) {
      failed(error)
    }
  })
}

/** Browsers write what would end a name this way (HTML, "multipart/form-data encoding algorithm"), and nothing else. */
function decoded(name: string): string {
  return name.replace(/%22|%0D|%0A/gi, decodeURIComponent)
}

function tooMany(): TypeError {
  return new TypeError(`Cannot read the form: it has more than ${PARTS_MAX} parts`)
}
