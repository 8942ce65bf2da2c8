// ngx_http_access_module and ngx_http_realip_module: who may come in, and who somebody is.
import { isIP, isIPv4 } from 'node:net'
import { show, type Word } from '../tokenize.ts'
import { BadValue, readOnOff, within } from '../values.ts'
import { directive, HTTP, IN_SERVER, ONE } from './directive.ts'

export const ACCESS = {
  allow: directive({
    contexts: HTTP,
    usage: 'allow ADDRESS|NETWORK|unix:|all;',
    args: ONE,
    many: true,
    read: ([word]) => ({ allow: true, source: readSource(word!) }),
    does: 'Lets an address or a network in; the first of `allow` and `deny` that fits decides.',
  }),
  deny: directive({
    contexts: HTTP,
    usage: 'deny ADDRESS|NETWORK|unix:|all;',
    args: ONE,
    many: true,
    read: ([word]) => ({ allow: false, source: readSource(word!) }),
    does: 'Refuses an address or a network with 403.',
  }),
  set_real_ip_from: directive({
    contexts: IN_SERVER,
    usage: 'set_real_ip_from ADDRESS|NETWORK|unix:;',
    args: ONE,
    many: true,
    read: ([word]) => readNetwork(word!),
    does: 'A proxy that is believed when it says who the client is.',
  }),
  real_ip_header: directive({
    contexts: IN_SERVER,
    usage: 'real_ip_header NAME;',
    args: ONE,
    read: ([word]) => readRealIpHeader(word!),
    standard: 'X-Real-IP',
    does: 'The header in which a proxy says it.',
  }),
  real_ip_recursive: directive({
    contexts: IN_SERVER,
    usage: 'real_ip_recursive on|off;',
    args: ONE,
    read: ([word]) => readOnOff(word!),
    standard: 'off',
    does: 'Takes the last address of the header that is no proxy, instead of the last.',
  }),
}

function readSource(word: Word): string {
  return word.text === 'all' ? 'all' : readNetwork(word)
}

function readNetwork(word: Word): string {
  const text = word.text.toLowerCase()
  if (text === 'unix:') return text
  const [address = '', bits, ...more] = text.split('/')
  if (isIP(address) === 0 || more.length > 0) {
    throw new BadValue(
      word,
      `${show(word.text)} is not an address: write one like "10.1.2.3", "10.0.0.0/8", "::1" or "unix:"`,
    )
  }
  const max = isIPv4(address) ? 32 : 128
  if (bits === undefined) return text
  if (/^\d{1,3}$/.test(bits) && Number(bits) <= max) return text
  const place = within(word, address.length + 1, Math.max(1, bits.length))
  throw new BadValue(place, `${show(bits)} is not the length of a prefix: 0 to ${max}`)
}

function readRealIpHeader(word: Word): string {
  if (word.text === 'proxy_protocol') {
    throw new BadValue(word, 'The PROXY protocol is not supported', 'let the proxy send a header such as X-Real-IP')
  }
  if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(word.text)) return word.text.toLowerCase()
  throw new BadValue(word, `${show(word.text)} is not the name of a header`)
}
