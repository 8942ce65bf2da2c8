// What answers a request or a handshake: a script, a fixed reply, a file, or nobody.
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

/** Resolves when the reply has left, or a socket was accepted. Rejects only for a fault of ours. */
export async function answer(
  asked: Exchange | Handshake,
  generation: Generation,
  route: Route | undefined,
): Promise<void> {
  const { scripts, services, stores, underWay } = generation
  const handler = route?.location.handler
  underWay.begin()
  try {
    if (route === undefined || handler?.kind !== 'script') return await answerPlainly(askedBy(asked), generation, route)
    const answering = { route, source: scripts.get(handler.file)!.source, services, stores }
    return await ('reply' in asked ? answerWithScript(asked, answering) : acceptSocket(asked, answering))
  } finally {
    underWay.end()
  }
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
