// What both engines must do. Each trap of uWebSockets.js that a client or a script could fall into has a test here.

import { Bench } from './contract/bench.ts'
import { bodiesContract } from './contract/bodies.ts'
import { compressionContract } from './contract/compression.ts'
import { deliveryContract } from './contract/delivery.ts'
import { endingContract } from './contract/ending.ts'
import { handshakesContract } from './contract/handshakes.ts'
import { listeningContract } from './contract/listening.ts'
import { malformedContract } from './contract/malformed.ts'
import { pipeliningContract } from './contract/pipelining.ts'
import { repliesContract } from './contract/replies.ts'
import { requestsContract } from './contract/requests.ts'
import { sizedStreamsContract } from './contract/sized-streams.ts'
import { slowClientsContract } from './contract/slow-clients.ts'
import { socketsContract } from './contract/sockets.ts'
import { streamedRepliesContract } from './contract/streamed-replies.ts'
import type { TransportOptions } from './port.ts'

export function transportContract(engine: TransportOptions['engine'], { memory = false } = {}): void {
  describe(`the transport on the engine ${engine}${memory ? ' without a network' : ''}`, () => {
    const bench = new Bench(engine, memory)
    afterEach(() => bench.end())
    requestsContract(bench)
    pipeliningContract(bench)
    repliesContract(bench)
    bodiesContract(bench)
    streamedRepliesContract(bench)
    sizedStreamsContract(bench)
    handshakesContract(bench)
    socketsContract(bench)
    compressionContract(bench)
    if (!memory) networkContract(bench)
    endingContract(bench)
  })
}

/** Packets, resets, addresses and slowness: what only a network has. */
function networkContract(bench: Bench): void {
  malformedContract(bench)
  deliveryContract(bench)
  slowClientsContract(bench)
  listeningContract(bench)
}
