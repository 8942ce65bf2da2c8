// Runs one block on one engine: once as it stands, then with its bytes split, slow, pipelined and cut off, as networks and clients do.
import assert from 'node:assert/strict'
import { type RawClient, rawClient } from '../../transport/contract/raw-client.ts'
import { runEdgeServer, type ServingEdgeServer, startEdgeServer } from '../edge-server.ts'
import { createBlockSandbox } from './block-sandbox.ts'
import { matchResponse, patternOf } from './match-response.ts'
import { type Block, requestBytes, type Section } from './parse-blocks.ts'
import { talk } from './talk.ts'

/** Every offset of a short request; of a longer one so many, evenly spread. */
const SPLITS_MAX = 48
/** Connections at a time. */
const SPLITS_AT_ONCE = 12
/** A longer request is not sent byte by byte, nor pipelined. */
const SHORT_BYTES = 2048
const PIPELINED = 3

/** Rejects with an AssertionError that says what came instead. */
export async function runBlock(block: Block, engine: 'uws' | 'node'): Promise<void> {
  const sandbox = await createBlockSandbox(block, engine)
  try {
    const wrong = block.sections.find(({ name }) => name === 'conf_error')
    if (wrong !== undefined) return await testConf(sandbox.prefix, wrong)
    const server = await startEdgeServer(sandbox.prefix)
    try {
      await asItStands(block, server)
      await checkLog(block, server, true)
      await underAbuse(block, server, engine)
      server.signal('SIGQUIT')
      const { code, signal } = await server.ended
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, server.log.all().join('\n'))
      await checkLog(block, server, false)
    } finally {
      await server.kill()
    }
  } finally {
    await sandbox.remove()
  }
}

async function testConf(prefix: string, { text }: Section): Promise<void> {
  const { code, stderr } = await runEdgeServer(['-t', '-p', prefix])
  assert.equal(code, 1, stderr)
  for (const line of text.split('\n')) assert.ok(found(stderr, line), `"${line}" in\n${stderr}`)
}

async function asItStands(block: Block, server: ServingEdgeServer): Promise<void> {
  let client: RawClient | undefined
  let asked: Section | undefined
  for (const section of block.sections) {
    if (section.name === 'connection') {
      client?.socket.destroy()
      client = undefined
    } else if (section.name === 'request') {
      client ??= await rawClient(server.port)
      client.socket.write(requestBytes(section))
      asked = section
    } else if (section.name === 'response') {
      await expectResponse(client!, asked!, section.text)
    } else if (section.name === 'socket') {
      await talk(server.port, section)
    } else if (section.name === 'signal') {
      server.signal(`SIG${section.args.toUpperCase()}` as NodeJS.Signals)
      for (const line of section.text.split('\n').filter((each) => each !== '')) await server.log.until(literal(line))
    }
  }
  client?.socket.destroy()
}

/** `closed` in the place of a response: the connection ends without one. */
async function expectResponse(client: RawClient, request: Section, expected: string): Promise<void> {
  if (expected === 'closed') return assert.equal(await client.rest(), '')
  matchResponse(await client.response({ toHead: isHead(request) }), expected)
}

/** One request and its response, in every way that bytes can arrive. */
async function underAbuse({ sections }: Block, server: ServingEdgeServer, engine: 'uws' | 'node'): Promise<void> {
  const requests = sections.filter(({ name }) => name === 'request')
  const expected = sections.find(({ name }) => name === 'response')?.text
  const [request] = requests
  if (requests.length !== 1 || expected === undefined || sections.some(({ name }) => name === 'stateful')) return
  const bytes = requestBytes(request!)
  const expect = (client: RawClient) => expectResponse(client, request!, expected)
  const offsets = splitOffsets(bytes.length)
  for (let from = 0; from < offsets.length; from += SPLITS_AT_ONCE) {
    await Promise.all(
      offsets.slice(from, from + SPLITS_AT_ONCE).map(async (offset) => {
        const inRequestLine = offset < bytes.indexOf('\r\n') + 2
        await onConnection(server.port, async (client) => {
          await writePieces(client, [bytes.subarray(0, offset), bytes.subarray(offset)])
          try {
            await expect(client)
          } catch (error) {
            // The known fault of this build of uWebSockets.js, which its server says when it starts.
            if (engine !== 'uws' || !inRequestLine || !String(error).includes('505')) throw within(error, offset)
          }
        })
      }),
    )
  }
  if (bytes.length <= SHORT_BYTES) {
    const slow = engine === 'uws' ? bytes.indexOf('\r\n') + 2 : 1
    await onConnection(server.port, async (client) => {
      await writePieces(client, [bytes.subarray(0, slow), ...[...bytes.subarray(slow)].map((byte) => Buffer.of(byte))])
      await expect(client)
    })
    if (staysOpen(bytes, expected)) {
      await onConnection(server.port, async (client) => {
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
    await onConnection(server.port, async (client) => {
      await writePieces(client, [bytes.subarray(0, Math.ceil(bytes.length * part))])
    })
  }
  await onConnection(server.port, async (client) => {
    client.socket.write(bytes)
    await expect(client)
  })
}

function staysOpen(bytes: Buffer, expected: string): boolean {
  return (
    !/^connection: *close/im.test(`${bytes.toString('latin1')}\n${expected}`) &&
    !/^(closed|HTTP\/1\.1 (400|408|413|431|50[15]))/.test(expected)
  )
}

function splitOffsets(length: number): number[] {
  const every = Math.max(1, Math.ceil(length / SPLITS_MAX))
  return Array.from({ length: Math.ceil(length / every) }, (_, index) => index * every).filter((offset) => offset > 0)
}

async function onConnection(port: number, use: (client: RawClient) => Promise<void>): Promise<void> {
  const client = await rawClient(port)
  try {
    await use(client)
  } finally {
    client.socket.destroy()
  }
}

/** Each in a packet of its own. */
async function writePieces({ socket }: RawClient, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    socket.write(piece)
    await new Promise(setImmediate)
  }
}

/** Until a record that was written has come through its pipe. */
const LOG_DEADLINE_MS = 5000

/** Each line of `error_log` is in the log, as often as it is written; and nothing else is an error. */
async function checkLog({ sections }: Block, server: ServingEdgeServer, exactly: boolean): Promise<void> {
  const wanted = sections.filter(({ name }) => name === 'error_log').flatMap(({ text }) => text.split('\n'))
  for (const line of new Set(wanted)) {
    await server.log.until(literal(line))
    const expected = exactly ? wanted.filter((each) => each === line).length : 1
    const times = () => recordsOf(server).filter((each) => found(each, line)).length
    // A record may come behind the reply that it is about.
    const until = performance.now() + LOG_DEADLINE_MS
    while (times() < expected && performance.now() < until) await new Promise(setImmediate)
    if (exactly) assert.equal(times(), expected, `"${line}" in\n${server.log.all().join('\n')}`)
  }
  const others = recordsOf(server).filter(
    (record) => /\[(?:error|crit|alert|emerg)\]/.test(record) && !wanted.some((each) => found(record, each)),
  )
  assert.deepEqual(others, [])
}

/** A record's stack stands below it, indented. */
function recordsOf({ log }: ServingEdgeServer): string[] {
  return log
    .all()
    .join('\n')
    .split(/\n(?! )/)
}

function found(text: string, line: string): boolean {
  return literal(line).test(text)
}

/** A part of a line, with placeholders; or a pattern between slashes. */
function literal(line: string): RegExp {
  const pattern = /^\/(.*)\/$/.exec(line)?.[1]
  return pattern === undefined ? new RegExp(patternOf(line).source.slice(1, -1)) : new RegExp(pattern)
}

function isHead(request: Section): boolean {
  return request.text.startsWith('HEAD ')
}

function within(error: unknown, offset: number): Error {
  return new Error(`Split at ${offset}: ${error instanceof Error ? error.message : error}`, { cause: error })
}
