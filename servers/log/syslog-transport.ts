// winston-syslog's transport, with our own wire format and socket. What it gives us is its place in winston and its hooks; overridden are
//   its producer  RFC 5424 with a JSON body and octet counting: its own formats have no framing, so that a stack becomes many records
//   its socket    a bounded ring that batches, counts drops and finds a restarted collector: its own queue has no bound, forgets a
//                 Unix path on reconnect and waits 2^n seconds
//   connect       always ready, because the ring is
//   _final        a logger that ends says how many records there were, and flushes: its own burst at the start, then an exit,
//                 delivered nothing
// A message of winston's is a batch of records: its way through streams costs more than all we do for a record, so many share it.
// Its optional native dependency, unix-dgram, is for datagram sockets only and is never loaded.
import { Syslog } from 'winston-syslog'
import { type Severity, severityNumber } from '../contract/record.ts'
import { createFramer, type UnnumberedBody } from '../contract/syslog.ts'
import { type Frames, SyslogClient } from './syslog-client.ts'

/** Frames are handed on together until there is so much text of them. */
const FRAMES_LENGTH = 64 * 1024

export interface SyslogTransportOptions {
  readonly path: string
  readonly tag: string
  readonly level: Severity
  /** Names the numbers of its records. */
  readonly run: string
  /** Makes a record of the transport's own. */
  createNote(severity: Severity, message: string): UnnumberedBody
}

/** Sends `info[MESSAGE]`, records that were written one after the other, to the collector; each gets the next number of the run. */
export class SyslogTransport extends Syslog {
  readonly #client: SyslogClient

  constructor({ path, tag, level, run, createNote }: SyslogTransportOptions) {
    const wanted = severityNumber(level)
    // The numbers count per destination, after its severity filter, so that a hole is a loss and nothing else.
    const framer = createFramer(tag, run)
    class FramesProducer {
      produce({ message }: { message: unknown }): readonly Frames[] {
        const bodies = message as readonly UnnumberedBody[]
        return frameAll(
          bodies.filter(({ severity }) => severityNumber(severity) <= wanted),
          framer.frame,
        )
      }
    }
    super({ level, path, protocol: 'tcp4', app_name: tag, customProducer: FramesProducer })
    const client = new SyslogClient({
      path,
      renderDropped(count) {
        const message = `${count} records were dropped: the log collector did not take them in time`
        return framer.frame(createNote('warn', message))
      },
      renderCount() {
        const { time, pid } = createNote('debug', '')
        return framer.frameCount(time, pid)
      },
    })
    this.#client = client
    this.socket = {
      write(frames: readonly Frames[], _encoding: string, written: () => void) {
        for (const each of frames) client.send(each)
        written()
      },
    }
  }

  override connect(callback: (notReady: unknown) => void): void {
    callback(null)
  }

  override close(): void {
    this.#client.destroy()
  }

  override _final(callback: () => void): void {
    this.#client.end().then(() => {
      this.#client.destroy()
      callback()
    })
  }
}

function frameAll(bodies: readonly UnnumberedBody[], frame: (body: UnnumberedBody) => string): readonly Frames[] {
  const all: Frames[] = []
  let text = ''
  let count = 0
  for (const body of bodies) {
    text += frame(body)
    count++
    if (text.length < FRAMES_LENGTH) continue
    all.push({ text, count })
    text = ''
    count = 0
  }
  if (count > 0) all.push({ text, count })
  return all
}
