// A certificate of its own for "localhost" and its key, made for this run of the tests.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const REQUEST =
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 2 -keyout -'

let made: Promise<{ stdout: string }> | undefined

/** `tls/cert.pem` and `tls/key.pem`, by their file. */
export async function createCertificate(): Promise<Record<string, string>> {
  made ??= promisify(execFile)('openssl', REQUEST.split(' '))
  const { stdout } = await made
  const start = stdout.indexOf('-----BEGIN CERTIFICATE-----')
  const keyStart = stdout.indexOf('-----BEGIN PRIVATE KEY-----')
  return {
    'tls/cert.pem': stdout.slice(start, stdout.indexOf('-----END CERTIFICATE-----') + 26),
    'tls/key.pem': stdout.slice(keyStart, stdout.indexOf('-----END PRIVATE KEY-----') + 26),
  }
}
