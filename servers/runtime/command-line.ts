// What `edge-server` was asked to do: argv in, one value out. The letters are nginx's.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const SIGNAL_WORDS = ['quit', 'stop', 'reload', 'reopen'] as const
export type SignalWord = (typeof SIGNAL_WORDS)[number]

export interface Place {
  /** The sandbox's folder, absolute: what the conf's own paths are relative to. */
  readonly prefix: string
  /** Absolute. */
  readonly conf: string
  /** The release's folder, absolute; undefined: the one that `<prefix>/src` lies in. */
  readonly release: string | undefined
}

export type CommandLine =
  | { readonly kind: 'help' | 'version' }
  | ({ readonly kind: 'test'; readonly dump: boolean } & Place)
  | ({ readonly kind: 'signal'; readonly word: SignalWord } & Place)
  | ({ readonly kind: 'run'; readonly channel: boolean; readonly waits: boolean; readonly preloads: boolean } & Place)

export const USAGE = `Usage: edge-server [-p PREFIX] [-c CONF] [-t | -T | -s SIGNAL] [--release DIR] [--channel [--wait [--preload]]]

  -p PREFIX      the sandbox's folder (default: the working folder)
  -c CONF        the conf, relative to PREFIX (default: conf/server.conf)
  -t             test the conf and exit
  -T             test the conf, print it and exit
  -s SIGNAL      signal a running server: quit (graceful), stop (at once), reload, reopen (access logs)
  --release DIR  the release to serve (default: the folder that PREFIX/src lies in)
  --channel      boot, say ready on fd 3 and wait there for the word to listen
  --wait         before that wait there to be told the release
  --preload      before that load what is needed later: the wait will be long
  -v             print the version
  -h             print this
`

/** Throws an Error that says what is wrong with an argument. `cwd` is what a relative PREFIX begins at. */
export function parseCommandLine(argv: readonly string[], cwd: string): CommandLine {
  const { values } = parseArgs({
    args: [...argv],
    strict: true,
    allowPositionals: false,
    options: {
      prefix: { type: 'string', short: 'p' },
      conf: { type: 'string', short: 'c' },
      test: { type: 'boolean', short: 't' },
      dump: { type: 'boolean', short: 'T' },
      signal: { type: 'string', short: 's' },
      release: { type: 'string' },
      channel: { type: 'boolean' },
      wait: { type: 'boolean' },
      preload: { type: 'boolean' },
      version: { type: 'boolean', short: 'v' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return { kind: 'help' }
  if (values.version) return { kind: 'version' }
  const prefix = resolve(cwd, values.prefix ?? '.')
  const place = {
    prefix,
    conf: resolve(prefix, values.conf ?? 'conf/server.conf'),
    release: values.release === undefined ? undefined : resolve(cwd, values.release),
  }
  if (values.signal !== undefined) return { kind: 'signal', word: parseSignalWord(values.signal), ...place }
  if (values.test || values.dump) return { kind: 'test', dump: values.dump === true, ...place }
  const channel = values.channel === true
  const waits = channel && values.wait === true
  return { kind: 'run', channel, waits, preloads: waits && values.preload === true, ...place }
}

function parseSignalWord(text: string): SignalWord {
  const word = SIGNAL_WORDS.find((known) => known === text)
  if (word === undefined) throw new Error(`invalid option: "-s ${text}", it takes ${SIGNAL_WORDS.join(', ')}`)
  return word
}
