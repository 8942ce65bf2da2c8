// Values in unit files: systemd splits at spaces, and gives `%`, `$`, quotes and backslashes a meaning.
import { EdgeyardError } from '../../servers/contract/errors.ts'

/** One word of a command line, or a path. Throws `ROOT_UNUSABLE` for what no unit can hold. */
export function unitWord(text: string): string {
  if (/\p{Cc}/u.test(text)) {
    throw new EdgeyardError(
      'ROOT_UNUSABLE',
      `Cannot write ${JSON.stringify(text)} into a unit: it has a control character`,
    )
  }
  const safe = text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /[\s"'\\;]/.test(text) ? `"${safe}"` : safe
}

/** A path in a setting that takes the rest of its line: no quotes, no `$`. */
export function unitPath(text: string): string {
  if (/[\p{Cc}\\"']/u.test(text)) {
    throw new EdgeyardError(
      'ROOT_UNUSABLE',
      `Cannot write ${JSON.stringify(text)} into a unit: it has a quote or a backslash`,
    )
  }
  return text.replaceAll('%', '%%')
}

/** The name of an instance, so that systemd gives it back as `%I`: `socketserver/dev-1` is `socketserver-dev\x2d1`. */
export function instanceName(text: string): string {
  return text.replaceAll('-', '\\x2d').replaceAll('/', '-')
}
