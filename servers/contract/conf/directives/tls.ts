// ngx_http_ssl_module: what a `listen` with `ssl` needs.
import { show, type Word } from '../tokenize.ts'
import { BadValue, readPlain } from '../values.ts'
import { directive, IN_SERVER, MANY, ONE } from './directive.ts'

export const TLS = {
  ssl_certificate: directive({
    contexts: IN_SERVER,
    usage: 'ssl_certificate FILE;',
    args: ONE,
    read: ([word]) => readFile(word!),
    does: 'The certificate with its chain, PEM.',
  }),
  ssl_certificate_key: directive({
    contexts: IN_SERVER,
    usage: 'ssl_certificate_key FILE;',
    args: ONE,
    read: ([word]) => readFile(word!),
    does: 'Its private key, PEM.',
  }),
  ssl_protocols: directive({
    contexts: IN_SERVER,
    usage: 'ssl_protocols [TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3];',
    args: MANY,
    read: (words) => words.map(readProtocol),
    standard: 'TLSv1.2 TLSv1.3',
    does: 'Which versions clients may speak.',
  }),
  ssl_ciphers: directive({
    contexts: IN_SERVER,
    usage: 'ssl_ciphers LIST;',
    args: ONE,
    read: ([word]) => readPlain(word!),
    does: "Which ciphers, in OpenSSL's words.",
  }),
}

const PROTOCOLS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

function readProtocol(word: Word): string {
  if (PROTOCOLS.includes(word.text)) return word.text
  const why = /^SSLv[23]$/.test(word.text) ? 'is broken, and nothing here speaks it' : 'is not a version of TLS'
  throw new BadValue(word, `${show(word.text)} ${why}: allowed are ${PROTOCOLS.map((each) => `"${each}"`).join(', ')}`)
}

function readFile(word: Word): string {
  if (/^(?:data|engine|store):/.test(word.text)) throw new BadValue(word, 'A certificate and its key are files')
  return readPlain(word)
}
