// `edge-server -t` and `-T`: nginx's two lines, or every place that is wrong.
import { resolve } from 'node:path'
import type { Conf } from '../contract/conf/conf.ts'
import { renderDiagnostic } from '../contract/diagnostic.ts'
import { isEdgeyardError, messageOf } from '../contract/errors.ts'
import { readTls } from '../transport/tls-files.ts'
import type { Place } from './command-line.ts'
import { readConf } from './read-conf.ts'

export interface Tested {
  readonly exitCode: 0 | 1
  readonly stderr: string
  /** The conf itself, for `-T`. */
  readonly stdout: string
}

export async function testConf(place: Place, options: { dump: boolean }): Promise<Tested> {
  try {
    const { conf, files } = readConf(place)
    await testTls(conf, place.prefix)
    const stderr =
      `edge-server: the configuration file ${place.conf} syntax is ok\n` +
      `edge-server: configuration file ${place.conf} test is successful\n`
    return { exitCode: 0, stderr, stdout: options.dump ? files.map(dumped).join('\n') : '' }
  } catch (error) {
    const stderr = `${renderFailure(error)}\nedge-server: configuration file ${place.conf} test failed\n`
    return { exitCode: 1, stderr, stdout: '' }
  }
}

/** A certificate and its key are tried here, too, as nginx does: a server that runs could not reload with wrong ones. */
async function testTls({ servers, engine }: Conf, prefix: string): Promise<void> {
  for (const { listens, tls } of servers) {
    if (tls === undefined || !listens.some(({ ssl }) => ssl)) continue
    const paths = { certificate: resolve(prefix, tls.certificate), key: resolve(prefix, tls.key) }
    await readTls({ ...tls, ...paths }, engine)
  }
}

function dumped({ file, text }: { file: string; text: string }): string {
  return `# configuration file ${file}:\n${text}`
}

/** An error as people read it: its diagnostics with carets, or nginx's `[emerg]` line. */
export function renderFailure(error: unknown): string {
  if (isEdgeyardError(error) && error.diagnostics.length > 0) return error.diagnostics.map(renderDiagnostic).join('\n')
  return `edge-server: [emerg] ${messageOf(error)}`
}
