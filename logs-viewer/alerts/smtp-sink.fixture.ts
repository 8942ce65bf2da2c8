// A mail server that takes every mail and keeps it: as much of SMTP (RFC 5321) as a client needs.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface SmtpSink {
  readonly port: number
  /** The next mail, as it was sent. */
  next(): Promise<{ from: string; to: readonly string[]; text: string }>
  /** Says of the next mails that it cannot take them now. */
  refuse(times: number): void
  close(): Promise<void>
}

export async function createSmtpSink(): Promise<SmtpSink> {
  const mails: { from: string; to: readonly string[]; text: string }[] = []
  const waiting: (() => void)[] = []
  let refusals = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.write('220 sink ESMTP\r\n')
    let rest = ''
    let from = ''
    let to: string[] = []
    let data: string | undefined
    socket.on('data', (chunk) => {
      rest += chunk.toString('utf8')
      for (let end = rest.indexOf('\r\n'); end !== -1; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (data !== undefined) {
          if (line === '.') {
            mails.push({ from, to, text: data })
            waiting.shift()?.()
            data = undefined
            to = []
            socket.write('250 taken\r\n')
          } else data += `${line.replace(/^\./, '')}\r\n`
        } else if (/^MAIL FROM:/i.test(line)) {
          from = /<(.*?)>/.exec(line)?.[1] ?? ''
          socket.write(refusals-- > 0 ? '451 not now\r\n' : '250 ok\r\n')
        } else if (/^RCPT TO:/i.test(line)) {
          to.push(/<(.*?)>/.exec(line)?.[1] ?? '')
          socket.write('250 ok\r\n')
        } else if (/^DATA/i.test(line)) {
          data = ''
          socket.write('354 go on\r\n')
        } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async next() {
      if (mails.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
      return mails.shift()!
    },
    refuse(times) {
      refusals = times
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
