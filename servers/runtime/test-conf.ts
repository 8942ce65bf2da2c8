// `edge-server -t` and `-T`: nginx's two lines, or every place that is wrong.
import { renderDiagnostic } from '../contract/diagnostic.ts'
import { isEdgeyardError, messageOf } from '../contract/errors.ts'
import type { Place } from './command-line.ts'
import { readConf } from './read-conf.ts'

export interface Tested {
  readonly exitCode: 0 | 1
  readonly stderr: string
  /** The conf itself, for `-T`. */
  readonly stdout: string
}

export function testConf(place: Place, options: { dump: boolean }): Tested {
  try {
    const { files } = readConf(place)
    const stderr =
      `edge-server: the configuration file ${place.conf} syntax is ok\n` +
      `edge-server: configuration file ${place.conf} test is successful\n`
    return { exitCode: 0, stderr, stdout: options.dump ? files.map(dumped).join('\n') : '' }
  } catch (error) {
    const stderr = `${renderFailure(error)}\nedge-server: configuration file ${place.conf} test failed\n`
    return { exitCode: 1, stderr, stdout: '' }
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
