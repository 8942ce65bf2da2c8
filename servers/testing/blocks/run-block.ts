// Runs one block on one engine: once as it stands, then as networks and clients may send it.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RawClient } from '../../transport/contract/raw-client.ts'
import { bootEdgeServer, runEdgeServer, type ServingEdgeServer, startEdgeServer } from '../edge-server.ts'
import type { SandboxFolder } from '../sandbox-folder.ts'
import { createBlockSandbox, edit, withPrefix } from './block-sandbox.ts'
import { checkLog, found, literal } from './check-log.ts'
import { expectResponse } from './match-response.ts'
import { openConnection, type Target } from './open-connection.ts'
import { type Block, requestBytes, type Section } from './parse-blocks.ts'
import { Dialog } from './talk.ts'
import { underAbuse } from './under-abuse.ts'

/** Until a file has what a server writes behind its reply. */
const FILE_DEADLINE_MS = 5000

/** Rejects with an AssertionError that says what came instead. */
export async function runBlock(block: Block, engine: 'uws' | 'node'): Promise<void> {
  const sandbox = await createBlockSandbox(block, engine)
  try {
    const wrong = block.sections.find(({ name }) => name === 'conf_error')
    if (wrong !== undefined) return await testConf(sandbox.prefix, wrong)
    const failing = block.sections.find(({ name }) => name === 'start_error')
    if (failing !== undefined) return await failToStart(sandbox.prefix, failing)
    const server = await startEdgeServer(sandbox.prefix)
    try {
      const target = await asItStands(block, server, sandbox)
      await checkLog(block, server, true)
      await underAbuse(block, target, engine)
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

async function failToStart(prefix: string, section: Section): Promise<void> {
  const server = bootEdgeServer(prefix)
  try {
    const message = JSON.stringify(await server.heard())
    for (const line of linesOf(section))
      assert.ok(found(message, JSON.stringify(line).slice(1, -1)), `"${line}" in\n${message}`)
    assert.notEqual((await server.ended).code, 0)
  } finally {
    await server.kill()
  }
}

/** Resolves with where its requests went. */
async function asItStands(block: Block, server: ServingEdgeServer, sandbox: SandboxFolder): Promise<Target> {
  let target: Target = { port: server.port, how: '' }
  let client: RawClient | undefined
  let asked: Section | undefined
  let dialog: Dialog | undefined
  try {
    for (const [index, section] of block.sections.entries()) {
      if (section.name === 'connection') {
        client?.socket.destroy()
        client = undefined
        target = { ...target, how: withPrefix(section.args, sandbox) }
        if (section.text === 'refused') await assert.rejects(openConnection(target))
      } else if (section.name === 'request') {
        client ??= await openConnection(target)
        client.socket.write(requestBytes(section))
        asked = section
      } else if (section.name === 'response') {
        await expectResponse(client!, asked!, section.text)
      } else if (section.name === 'socket') {
        if (section.args !== '') dialog = new Dialog(target, section.args)
        await dialog!.talk(section.text)
        const next = block.sections.slice(index + 1).find(({ name }) => name === 'socket')
        if (next?.args !== '') dialog!.end()
      } else if (section.name === 'edit') {
        await edit(sandbox, section)
      } else if (section.name === 'signal' || section.name === 'logged') {
        if (section.name === 'signal') server.signal(`SIG${section.args.toUpperCase()}` as NodeJS.Signals)
        for (const line of linesOf(section)) await server.log.until(literal(line))
      } else if (section.name === 'written') {
        await untilWritten(join(sandbox.prefix, section.args), linesOf(section))
      }
    }
  } finally {
    client?.socket.destroy()
    dialog?.end()
  }
  return target
}

function linesOf({ text }: Section): string[] {
  return text.split('\n').filter((line) => line !== '')
}

async function untilWritten(file: string, lines: readonly string[]): Promise<void> {
  const until = performance.now() + FILE_DEADLINE_MS
  for (;;) {
    const text = await readFile(file, 'utf8').catch(String)
    const missing = lines.find((line) => !found(text, line))
    if (missing === undefined) return
    assert.ok(performance.now() < until, `"${missing}" in\n${text}`)
    await new Promise(setImmediate)
  }
}
