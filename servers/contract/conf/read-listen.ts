// `listen PORT|HOST:PORT|[IPV6]:PORT|unix:PATH [ssl] [default_server];`
import { didYouMean } from '../nearest.ts'
import type { ListenConf } from './conf.ts'
import { show, type Word } from './tokenize.ts'
import { BadValue, readHostPort, readPlain, readPort } from './values.ts'

/** As long as the system allows the path of a socket to be. */
const SOCKET_PATH_MAX = 107

const NGINXS =
  /^(?:default|http2|quic|spdy|proxy_protocol|deferred|bind|reuseport|(?:setfib|fastopen|backlog|rcvbuf|sndbuf|accept_filter|ipv6only|so_keepalive)=.*)$/

export function readListen([address, ...parameters]: readonly Word[]): ListenConf {
  let ssl = false
  let defaultServer = false
  for (const word of parameters) {
    if (word.text === 'ssl') ssl = true
    else if (word.text === 'default_server') defaultServer = true
    else if (NGINXS.test(word.text)) {
      const hint = word.text === 'default' ? 'write default_server' : undefined
      throw new BadValue(word, `${show(word.text)} is a parameter of "listen" that edgeyard does not have`, hint)
    } else {
      const message = `${show(word.text)} is no parameter of "listen": allowed are "ssl", "default_server"`
      throw new BadValue(word, message, didYouMean(word.text, ['ssl', 'default_server']))
    }
  }
  return { address: readWhere(address!), ssl, defaultServer }
}

function readWhere(word: Word): ListenConf['address'] {
  const text = readPlain(word)
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    if (!path.startsWith('/')) throw new BadValue(word, `${show(text)} needs an absolute path: unix:/path/to.sock`)
    if (Buffer.byteLength(path) <= SOCKET_PATH_MAX) return { path }
    throw new BadValue(word, `The path of a socket has at most ${SOCKET_PATH_MAX} bytes`)
  }
  // Port 0 asks the system for a free one, which tests do.
  if (/^\d+$/.test(text)) return { host: '0.0.0.0', port: readPort(word, 0, 0) }
  if (text.startsWith('*:')) return { host: '0.0.0.0', port: readPort(word, 2, 0) }
  return readHostPort(word, 0)
}
