// A block's one request once more, with its bytes split, slow, pipelined and cut off, as networks and clients do.
import type { RawClient } from '../../transport/contract/raw-client.ts'
import { expectResponse } from './match-response.ts'
import { onConnection, type Target } from './open-connection.ts'
import { type Block, requestBytes } from './parse-blocks.ts'

/** Every offset of a short request; of a longer one so many, evenly spread. */
const SPLITS_MAX = 48
/** Connections at a time. */
const SPLITS_AT_ONCE = 12
/** A longer request is not sent byte by byte, nor pipelined. */
const SHORT_BYTES = 2048
const PIPELINED = 3

/** One request and its response, in every way that bytes can arrive. */
export async function underAbuse({ sections }: Block, target: Target, engine: 'uws' | 'node'): Promise<void> {
  const requests = sections.filter(({ name }) => name === 'request')
  const expected = sections.find(({ name }) => name === 'response')?.text
  const [request] = requests
  if (requests.length !== 1 || expected === undefined || sections.some(({ name }) => name === 'stateful')) return
  const bytes = requestBytes(request!)
  const expect = (client: RawClient) => expectResponse(client, request!, expected)
  /** Of a body that comes in pieces. uWebSockets.js closes behind a 413; what is sent then resets the connection, and the 413 may be lost. */
  const expectPieces = async (client: RawClient) => {
    try {
      await expect(client)
    } catch (error) {
      if (engine !== 'uws' || !/^HTTP\/1\.1 413/.test(expected) || !/ended before/.test(String(error))) throw error
    }
  }
  const offsets = splitOffsets(bytes.length)
  for (let from = 0; from < offsets.length; from += SPLITS_AT_ONCE) {
    await Promise.all(
      offsets.slice(from, from + SPLITS_AT_ONCE).map(async (offset) => {
        const inRequestLine = offset < bytes.indexOf('\r\n') + 2
        await onConnection(target, async (client) => {
          await writePieces(client, [bytes.subarray(0, offset), bytes.subarray(offset)])
          try {
            await expectPieces(client)
          } catch (error) {
            // The known fault of this build of uWebSockets.js, which its server says when it starts.
            // On a Unix socket its 505 is lost with the connection.
            if (engine !== 'uws' || !inRequestLine || !/505|ended before/.test(String(error)))
              throw within(error, offset)
          }
        })
      }),
    )
  }
  if (bytes.length <= SHORT_BYTES) {
    const slow = engine === 'uws' ? bytes.indexOf('\r\n') + 2 : 1
    await onConnection(target, async (client) => {
      await writePieces(client, [bytes.subarray(0, slow), ...[...bytes.subarray(slow)].map((byte) => Buffer.of(byte))])
      await expectPieces(client)
    })
    if (staysOpen(bytes, expected)) {
      await onConnection(target, async (client) => {
        client.socket.write(Buffer.concat(Array.from({ length: PIPELINED }, () => bytes)))
        for (let answered = 0; answered < PIPELINED; answered++) {
          // uWebSockets.js hangs up on who sends the next request before a reply that takes a while; the client asks again.
          if (engine === 'uws' && (await client.isOver())) return
          await expect(client)
        }
      })
    }
  }
  for (const part of [0.3, 0.6, 1]) {
    await onConnection(target, async (client) => {
      await writePieces(client, [bytes.subarray(0, Math.ceil(bytes.length * part))])
    })
  }
  await onConnection(target, async (client) => {
    client.socket.write(bytes)
    await expect(client)
  })
}

function staysOpen(bytes: Buffer, expected: string): boolean {
  return (
    !/^connection: *close/im.test(`${bytes.toString('latin1')}\n${expected}`) &&
    !/^(closed|HTTP\/1\.1 (101|400|408|413|431|50[15]))/.test(expected)
  )
}

function splitOffsets(length: number): number[] {
  const every = Math.max(1, Math.ceil(length / SPLITS_MAX))
  return Array.from({ length: Math.ceil(length / every) }, (_, index) => index * every).filter((offset) => offset > 0)
}

/** Each in a packet of its own. */
async function writePieces({ socket }: RawClient, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    socket.write(piece)
    await new Promise(setImmediate)
  }
}

function within(error: unknown, offset: number): Error {
  return new Error(`Split at ${offset}: ${error instanceof Error ? error.message : error}`, { cause: error })
}
