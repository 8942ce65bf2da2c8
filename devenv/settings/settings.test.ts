import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EdgeyardError, isEdgeyardError } from '../../servers/contract/errors.ts'
import { planPorts } from '../sandbox/ports.ts'
import { QUOTAS_DEFAULT } from '../sandbox/quotas.ts'
import { NO_LIMITS_SAID } from './limits.ts'
import { parseSettings, readSettings } from './read-settings.ts'
import { rememberSettings, withSettings } from './remember-settings.ts'
import { DEFAULT_LOGS } from './settings.ts'

const refused = (text: string): EdgeyardError => {
  try {
    parseSettings(text, 'yard.yml')
  } catch (error) {
    assert.ok(isEdgeyardError(error))
    return error
  }
  return assert.fail(`${text} was accepted`)
}

describe('settings', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeyard-settings-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('says of a mistake of syntax where it is, and nothing that the parser only guesses', () => {
    const { diagnostics } = refused('a: [\n')
    assert.deepEqual(
      diagnostics.map(({ line, message }) => `${line}: ${message}`),
      ['2: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    )
  })

  it('has a default for everything, so that no file, an empty one and one of comments are good ones', async () => {
    const defaults = await readSettings(join(folder, 'yard.yml'))
    assert.deepEqual(defaults, {
      host: '127.0.0.1',
      portsFrom: undefined,
      sshPort: 2222,
      viewerPort: 8088,
      ports: planPorts().ranges,
      tls: null,
      mysql: null,
      developersInitial: ['dev1', 'dev2', 'dev3', 'dev4'],
      limits: NO_LIMITS_SAID,
      quotas: QUOTAS_DEFAULT,
      logs: DEFAULT_LOGS,
    })
    for (const text of ['', '# nothing yet\n', 'host:\n', '---\n']) assert.deepEqual(parseSettings(text, 'y'), defaults)
  })

  it('moves the ports of ssh and the viewer with ports_from, unless they are named', () => {
    const { sshPort, viewerPort, portsFrom } = parseSettings('ports_from: 20000\nviewer_port: 9000\n', 'yard.yml')
    assert.deepEqual({ sshPort, viewerPort, portsFrom }, { sshPort: 20000, viewerPort: 9000, portsFrom: 20000 })
  })

  it('reads an outside MySQL and the first developers', () => {
    const text = [
      'mysql: { host: db.example, user: game, password: "x y", database: hhl }',
      'developers_initial: [ana, bob, ana]',
    ].join('\n')
    const settings = parseSettings(text, 'yard.yml')
    assert.deepEqual(settings.mysql, { host: 'db.example', port: 3306, user: 'game', password: 'x y', database: 'hhl' })
    assert.deepEqual(settings.developersInitial, ['ana', 'bob'])
    assert.deepEqual(parseSettings('developers_initial: []', 'y').developersInitial, [])
  })

  it('names every place that is wrong, with line and column', () => {
    const text = 'hosts: x\nports_from: 65500\nssh_port: "22"\nmysql:\n  user: 1\ndevelopers_initial: [Dev, master]\n'
    assert.deepEqual(
      refused(text).diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`),
      [
        '1:1 Unknown setting "hosts"',
        '2:13 ports_from must be a port from 1024 to 65280',
        '3:11 ssh_port must be a port from 1024 to 65535',
        '5:3 mysql needs host',
        '5:9 user must be a text',
        '5:3 mysql needs database',
        '6:22 "Dev" cannot be a developer\'s name',
        '6:27 "master" cannot be a developer\'s name',
      ],
    )
  })

  it('refuses what is not YAML, not a map, or says a key twice', () => {
    for (const text of ['host: [', '- a\n', 'just text', 'host: a\nhost: b\n']) {
      assert.equal(refused(text).code, 'YARD_SETTINGS', text)
    }
  })

  it('remembers ports and host on the first start and keeps comments and order', async () => {
    const file = join(folder, 'yard.yml')
    await writeFile(file, '# our yard\nviewer_port: 9000 # behind nginx\n')
    await rememberSettings(file, { portsFrom: 20000, host: '10.0.0.1' }, false)
    const text = await readFile(file, 'utf8')
    assert.equal(text, '# our yard\nviewer_port: 9000 # behind nginx\nhost: 10.0.0.1\nports_from: 20000\n')
    await rememberSettings(file, { portsFrom: 20000, host: '10.0.0.1' }, true)
    assert.equal(await readFile(file, 'utf8'), text)
  })

  it('makes the file when there is none, and none when there is nothing to remember', async () => {
    const file = join(folder, 'new', 'yard.yml')
    await rememberSettings(file, {}, false)
    await assert.rejects(stat(file), { code: 'ENOENT' })
    await rememberSettings(file, { portsFrom: 20000 }, false)
    assert.equal(await readFile(file, 'utf8'), 'ports_from: 20000\n')
  })

  it('refuses other ports than those the yard was set up with', () => {
    assert.throws(() => withSettings('ports_from: 20000\n', { portsFrom: 21000 }, true), { code: 'YARD_SETTINGS' })
    assert.throws(() => withSettings('', { portsFrom: 21000 }, true), { code: 'YARD_SETTINGS' })
    assert.equal(withSettings('', {}, true), '')
  })

  it('takes other ports and another host while no start has set the yard up', () => {
    const text = 'host: 192.0.2.7 # ours\nports_from: 20000\n'
    const wanted = { host: '10.0.0.1', portsFrom: 21000 }
    assert.equal(withSettings(text, wanted, false), 'host: 10.0.0.1 # ours\nports_from: 21000\n')
  })

  it('leaves a file that is no map of settings to whoever reads it', () => {
    for (const text of ['- a\n', 'ports_from\n', 'a: [\n']) {
      assert.equal(withSettings(text, { portsFrom: 20000 }, false), text)
    }
  })

  it('writes nothing that it would refuse to read', async () => {
    const file = join(folder, 'yard.yml')
    await assert.rejects(rememberSettings(file, { portsFrom: 80 }, false), { code: 'YARD_SETTINGS' })
    await assert.rejects(stat(file), { code: 'ENOENT' })
  })
})
