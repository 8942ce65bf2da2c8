// What both engines must do. Each trap of uWebSockets.js that a client or a script could fall into has a test here.

import { Bench } from './contract/bench.ts'
import { bodiesContract } from './contract/bodies.ts'
import { endingContract } from './contract/ending.ts'
import { handshakesContract } from './contract/handshakes.ts'
import { listeningContract } from './contract/listening.ts'
import { repliesContract } from './contract/replies.ts'
import { requestsContract } from './contract/requests.ts'
import { socketsContract } from './contract/sockets.ts'
import type { TransportOptions } from './port.ts'

export function transportContract(engine: TransportOptions['engine']): void {
  describe(`the transport on the engine ${engine}`, () => {
    const bench = new Bench(engine)
    afterEach(() => bench.end())
    requestsContract(bench)
    repliesContract(bench)
    bodiesContract(bench)
    handshakesContract(bench)
    socketsContract(bench)
    listeningContract(bench)
    endingContract(bench)
  })
}
