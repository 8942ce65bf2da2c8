// The port without a network: the engine `node`, parser and all, on connections that are pipes in this process. What a client of a test
// sees is what it would see on a wire, in a fraction of a millisecond.
import type { Duplex } from 'node:stream'
import { createNodeTransport } from '../node/node-transport.ts'
import type { Transport, TransportOptions } from '../port.ts'
import { checkSocketLimits } from '../socket-limits.ts'
import { createPipe } from './memory-pipe.ts'

export interface MemoryTransport extends Transport {
  /** A client's end of a new connection. It works from `listen` until `drain`; then it ends at once. */
  connect(): Duplex
}

/** No port is taken: `listen` resolves with the one that it was given. Throws a RangeError for limits that cannot be kept. */
export function createMemoryTransport(options: Omit<TransportOptions, 'engine' | 'tls'>): MemoryTransport {
  checkSocketLimits(options.socketLimitsMax)
  const node = createNodeTransport({ ...options, engine: 'node' }, undefined)
  let listening = false
  return {
    connect() {
      const [client, server] = createPipe()
      if (listening) node.take(server)
      else server.destroy()
      return client
    },
    async listen(address) {
      listening = true
      return 'port' in address ? address.port : 0
    },
    publish: (topic, data) => node.publish(topic, data),
    sockets: () => node.sockets(),
    get connections() {
      return node.connections
    },
    drain(onLetGo) {
      listening = false
      return node.drain(onLetGo)
    },
    destroy() {
      listening = false
      node.destroy()
    },
  }
}
