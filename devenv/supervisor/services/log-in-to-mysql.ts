// Whether MariaDB lets us in, in a millisecond and without a client program: a login as the database's root, whom the socket
// knows by our own user, and a goodbye. One that only looked at its greeting would fill its log with aborted connections.
import { connect } from 'node:net'

/** CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH. */
const CAPABILITIES = 0x00_08_82_00
const PACKET_BYTES_MAX = 1 << 24
const UTF8MB4 = 45
const QUIT = 1
const [OK, GREETING, SWITCH, ERROR] = [0x00, 0x0a, 0xfe, 0xff]
/** Before the first byte of what a packet says: three of its length, one of its number. */
const HEADER_BYTES = 4

/** True for any answer to the login, also a no: too many connections are a sign of life. Throws when it is not there. */
export function logInToMysql(path: string, user: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, signal })
    const reply = (packet: Buffer) => {
      const next = packet[HEADER_BYTES - 1]! + 1
      switch (packet[HEADER_BYTES]) {
        case GREETING:
          return void socket.write(renderPacket(next, renderLogin(user)))
        // It tries the ways into the account one after the other; for the socket there is nothing to say.
        case SWITCH:
          return void socket.write(renderPacket(next, Buffer.alloc(0)))
        case OK:
        case ERROR:
          resolve(true)
          return void socket.end(renderPacket(0, Buffer.from([QUIT])))
        default:
          socket.destroy()
      }
    }
    let read: Buffer = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      read = Buffer.concat([read, bytes])
      if (read.length < HEADER_BYTES || read.length < HEADER_BYTES + read.readUIntLE(0, 3)) return
      const packet = read
      read = Buffer.alloc(0)
      reply(packet)
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(false))
  })
}

function renderLogin(user: string): Buffer {
  const head = Buffer.alloc(32)
  head.writeUInt32LE(CAPABILITIES, 0)
  head.writeUInt32LE(PACKET_BYTES_MAX, 4)
  head[8] = UTF8MB4
  return Buffer.concat([head, Buffer.from(`${user}\0\0unix_socket\0`)])
}

function renderPacket(number: number, body: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_BYTES)
  head.writeUIntLE(body.length, 0, 3)
  head[HEADER_BYTES - 1] = number
  return Buffer.concat([head, body])
}
