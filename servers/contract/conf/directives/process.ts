// The process itself: ngx_core_module's directives, and those of the `edge` block around the servers.
import { availableParallelism } from 'node:os'
import type { Conf, ErrorLog } from '../conf.ts'
import { readErrorLog } from '../read-log-target.ts'
import { show, type Word } from '../tokenize.ts'
import { BadValue, readName, readNumber, readOneOf, readPlain, readSize, readTimeBetween } from '../values.ts'
import { directive, NONE, ONE } from './directive.ts'

const BYTES_MAX = 2 ** 43

export const PROCESS = {
  worker_processes: directive({
    contexts: ['main'],
    usage: 'worker_processes NUMBER|auto;',
    args: ONE,
    read: ([word]) => readWorkerProcesses(word!),
    standard: '1',
    does: 'How many processes share the port; `auto` is one for each core.',
  }),
  error_log: directive<ErrorLog>({
    contexts: ['main'],
    usage: 'error_log FILE|stderr|syslog:server=unix:PATH,tag=NAME [SEVERITY];',
    args: [1, 2],
    many: true,
    read: readErrorLog,
    standard: 'stderr error',
    does: 'Where records of this severity and above go. Several are all written.',
  }),
  pid: directive({
    contexts: ['main'],
    usage: 'pid FILE;',
    args: ONE,
    read: ([word]) => readPlain(word!),
    standard: 'run/server.pid',
    does: 'The file that holds the number of the process.',
  }),
  worker_shutdown_timeout: directive({
    contexts: ['main'],
    usage: 'worker_shutdown_timeout TIME;',
    args: ONE,
    read: ([word]) => readTimeBetween(word!, { min: '1ms', max: '24h' }),
    standard: '10s',
    does: 'How long a server that is stopped lets its connections finish.',
  }),
  events: directive({
    contexts: ['main'],
    usage: 'events { ... }',
    args: NONE,
    opens: 'block',
    read: () => true,
    does: 'Holds `worker_connections`.',
  }),
  worker_connections: directive({
    contexts: ['events'],
    usage: 'worker_connections NUMBER;',
    args: ONE,
    read: ([word]) => readNumber(word!, { min: 1, max: 1_000_000 }),
    standard: '1024',
    does: 'Open connections of a worker at most, HTTP and WebSocket together.',
  }),
  edge: directive({
    contexts: ['main'],
    usage: 'edge { ... }',
    args: NONE,
    opens: 'block',
    read: () => true,
    does: "Holds the servers; nginx's `http`.",
  }),
  engine: directive<Conf['engine']>({
    contexts: ['edge'],
    usage: 'engine uws|node;',
    args: ONE,
    read: ([word]) => readOneOf(word!, ['uws', 'node'], 'an engine'),
    standard: 'uws',
    does: 'What speaks HTTP and WebSocket: uWebSockets.js, or node:http with ws.',
  }),
  code_cache: directive<Conf['codeCache']>({
    contexts: ['edge'],
    usage: 'code_cache on|off|stat;',
    args: ONE,
    read: ([word]) => readOneOf(word!, ['on', 'off', 'stat'], 'a kind of code cache'),
    standard: 'on',
    does: 'When a changed script is read again: with the next release, for every request, or with the next event.',
  }),
  cpu_limit: directive<Conf['cpuLimit']>({
    contexts: ['edge'],
    usage: 'cpu_limit SOFT HARD;',
    args: [2, 2],
    read: readCpuLimit,
    standard: '200ms 5s',
    does: 'How long a script may keep the event loop: logged from SOFT on, stopped at HARD. 0: never.',
  }),
  memory_limit: directive<Conf['memoryLimit']>({
    contexts: ['edge'],
    usage: 'memory_limit SOFT HARD;',
    args: [2, 2],
    read: readMemoryLimit,
    standard: '0 0',
    does: 'Resident memory of a worker: replaced from SOFT on, ended at HARD. 0: never.',
  }),
  idle_stop: directive({
    contexts: ['edge'],
    usage: 'idle_stop TIME|off;',
    args: ONE,
    read: ([word]) => (word!.text === 'off' ? 0 : readTimeBetween(word!, { min: '1s', max: '365d' })),
    standard: 'off',
    does: 'In a yard: with no connection for so long the server is stopped (timers end, jobs are waited for), its port is held, and the next connection starts it again. Only ports.',
  }),
  dict: directive({
    contexts: ['edge'],
    usage: 'dict NAME SIZE;',
    args: [2, 2],
    many: true,
    read: ([name, size]) => ({
      name: readName(name!, 0, 'a name'),
      bytesMax: readSize(size!, { min: 8 * 1024, max: 2 ** 33 }),
    }),
    does: "Memory that a server's workers share, `ctx.dict`; OpenResty's `lua_shared_dict`.",
  }),
}

function readWorkerProcesses(word: Word): number {
  return word.text === 'auto' ? availableParallelism() : readNumber(word, { min: 1, max: 128 })
}

function readCpuLimit([soft, hard]: readonly Word[]): Conf['cpuLimit'] {
  const [softMs, hardMs] = [soft!, hard!].map((word) => readTimeBetween(word, { min: '0', max: '1h' })) as [
    number,
    number,
  ]
  refuseDisorder(softMs, hardMs, hard!)
  return { softMs, hardMs }
}

function readMemoryLimit([soft, hard]: readonly Word[]): Conf['memoryLimit'] {
  const [softBytes, hardBytes] = [soft!, hard!].map((word) => readSize(word, { min: 0, max: BYTES_MAX })) as [
    number,
    number,
  ]
  refuseDisorder(softBytes, hardBytes, hard!)
  return { softBytes, hardBytes }
}

function refuseDisorder(soft: number, hard: number, place: Word): void {
  if (hard === 0 || soft <= hard) return
  throw new BadValue(place, `${show(place.text)} is less than the soft limit: write the soft one first`)
}
