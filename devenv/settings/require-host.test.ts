import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderDiagnostic } from '../../servers/contract/diagnostic.ts'
import { isEdgeyardError } from '../../servers/contract/errors.ts'
import { requireHost } from './require-host.ts'

describe('host in yard.yml', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-host-'))
    file = join(folder, 'yard.yml')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const refused = async (host: string) => {
    const error = await requireHost(file, host).then(
      () => assert.fail(`${host} was accepted`),
      (thrown: unknown) => thrown,
    )
    assert.ok(isEdgeyardError(error), String(error))
    assert.equal(error.code, 'YARD_SETTINGS')
    return error
  }

  it('may be any address or name of this machine', async () => {
    for (const host of ['127.0.0.1', '0.0.0.0', 'localhost']) await requireHost(file, host)
  })

  it('is told with its place, and with what this machine has, when it is of another', async () => {
    // Kept for documentation: nobody has it.
    await writeFile(file, '# ours\nhost: 192.0.2.7\n')
    const [place, ...more] = (await refused('192.0.2.7')).diagnostics.map(renderDiagnostic)
    assert.deepEqual(more, [])
    const head =
      /^yard\.yml:2:7: host "192\.0\.2\.7" is no address of this machine; this machine's are (.*), and 0\.0\.0\.0/
    assert.ok(head.exec(place!)?.[1]?.split(', ').includes('127.0.0.1'), place)
    assert.ok(place!.endsWith('\n  host: 192.0.2.7\n        ^^^^^^^^^'), place)
  })

  it('is told with its place when it does not resolve', async () => {
    await writeFile(file, 'host: nowhere.invalid\n')
    const [place] = (await refused('nowhere.invalid')).diagnostics
    assert.match(place?.message ?? '', /^host "nowhere\.invalid" does not resolve to an address \(E\w+\)$/)
  })

  it('is told without a place when nobody has written it', async () => {
    const { message, diagnostics } = await refused('192.0.2.7')
    assert.match(message, /^Cannot use .*yard\.yml: host "192\.0\.2\.7" is no address of this machine; .*127\.0\.0\.1/)
    assert.deepEqual(diagnostics, [])
  })
})
