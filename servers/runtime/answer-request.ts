// What answers a request: a script, a fixed reply, a file, or nobody.
import { join } from 'node:path'
import type { Exchange, Handshake } from '../transport/port.ts'
import { answerWithFile } from './answer-files.ts'
import { returnReply } from './answer-return.ts'
import { answerWithScript } from './answer-script.ts'
import { acceptSocket } from './answer-socket.ts'
import { type Asked, askedBy } from './asked.ts'
import type { Generation } from './generation.ts'
import { page } from './pages.ts'
import { nextRequestId } from './request-id.ts'
import type { Route } from './routing.ts'

export async function answerRequest(
  exchange: Exchange,
  generation: Generation,
  route: Route | undefined,
): Promise<void> {
  const handler = route?.location.handler
  if (route === undefined || handler?.kind !== 'script') return answerPlainly(askedBy(exchange), generation, route)
  const { source } = generation.scripts.get(handler.file)!
  return answerWithScript(exchange, { route, source, services: generation.services, stores: generation.stores })
}

export async function answerHandshake(
  handshake: Handshake,
  generation: Generation,
  route: Route | undefined,
): Promise<void> {
  const handler = route?.location.handler
  if (route === undefined || handler?.kind !== 'script') return answerPlainly(askedBy(handshake), generation, route)
  const { source } = generation.scripts.get(handler.file)!
  return acceptSocket(handshake, { route, source, services: generation.services, stores: generation.stores })
}

/** HTTP allows to ignore a wish to upgrade, so a handshake gets here what a request would. */
async function answerPlainly(asked: Asked, generation: Generation, route: Route | undefined): Promise<void> {
  const id = nextRequestId()
  const handler = route?.location.handler
  if (handler?.kind === 'return') await asked.reply(returnReply(handler))
  else if (handler?.kind === 'root') {
    await asked.reply(await answerWithFile(asked, join(generation.release, handler.dir), id))
  } else await asked.reply(page(404, id))
}
