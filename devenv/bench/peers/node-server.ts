// node:http and `ws` with nothing around them. A child of the bench.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { HELLO } from './peer.ts'

const server = createServer((request, response) => {
  if (request.url === '/gc') globalThis.gc?.()
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': HELLO.length })
  response.end(HELLO)
})
const echo = new WebSocketServer({ noServer: true, perMessageDeflate: false })
echo.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})
const publish = new WebSocketServer({ noServer: true, perMessageDeflate: false })
const subscribers = new Set<WebSocket>()
publish.on('connection', (socket) => {
  subscribers.add(socket)
  socket.on('close', () => subscribers.delete(socket))
  socket.on('message', (data, isBinary) => {
    for (const subscriber of subscribers) subscriber.send(data, { binary: isBinary })
  })
})
server.on('upgrade', (request, socket, head) => {
  const sockets = request.url === '/publish' ? publish : echo
  sockets.handleUpgrade(request, socket, head, (one) => sockets.emit('connection', one))
})

server.listen(0, '127.0.0.1', 4096, () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
