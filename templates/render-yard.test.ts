import assert from 'node:assert/strict'
import { sharesPort } from '../servers/contract/engine.ts'
import { confOf, type RenderInput, TEMPLATES, type TemplateFiles, warningsOf, type YardFacts } from './render.ts'
import { renderYard } from './render-yard.ts'
import { brief, FACTS, withText, yardFiles } from './two-developer-yard.fixture.ts'

describe('renderYard', () => {
  let files: TemplateFiles
  before(async () => {
    files = await yardFiles()
  })

  const render = (input: Partial<RenderInput> = {}) => renderYard({ files, branches: {}, facts: FACTS, ...input })
  /** All that is wrong, each in one line; nothing is rendered then. */
  const wrong = (input: Partial<RenderInput>) => {
    const { confs, diagnostics } = render(input)
    assert.ok(diagnostics.length === 0 || confs.length === 0)
    return diagnostics.map(brief)
  }
  const edited = (name: string, from: string, to: string) => ({ files: withText(files, name, from, to) })
  const socketserver = (from: string, to: string) => edited('socketserver.values.yaml', from, to)

  it('renders by template, then by developer, with the port of each', () => {
    const confs = render().confs.map(({ template, developer, port }) => `${template} ${developer} ${port}`)
    assert.deepEqual(confs, [
      'rsyslog master null',
      'redis master 6380',
      'redis dev1 6381',
      'redis dev2 6382',
      'httpserver master 8000',
      'socketserver master 1080',
      'socketserver dev1 1081',
      'socketserver dev2 1082',
      'dtserver master 1180',
      'dtserver dev1 1181',
      'dtserver dev2 1182',
    ])
  })

  it('renders the same text from the same files, in whatever order they come', () => {
    const turned = Object.fromEntries(Object.entries(files).reverse())
    assert.deepEqual(render({ files: turned }), render())
  })

  it('gives a developer an httpserver of their own for a section, and their socketserver its URL', () => {
    const { confs } = render({
      files: { ...files, 'httpserver.values.yaml': `${files['httpserver.values.yaml']}dev1: { LISTEN: 8001 }\n` },
    })
    const urls = ['dev1', 'dev2'].map((developer) => {
      const conf = confs.find((each) => each.template === 'socketserver' && each.developer === developer)
      return /\$httpserver_url "(.*?)"/.exec(conf!.text)![1]
    })
    assert.deepEqual(urls, ['http://127.0.0.1:8001', 'http://127.0.0.1:8000'])
    assert.equal(confs.filter(({ template }) => template === 'httpserver').length, 2)
  })

  it('follows the ports of the values, also where another conf names them', () => {
    const moved = withText(files, 'redis.values.yaml', 'LISTEN: 6381', 'LISTEN: 7000')
    const rendered = render({ files: withText(moved, 'httpserver.values.yaml', 'LISTEN: 8000', 'LISTEN: 9000') })
    const conf = confOf(rendered, 'socketserver', 'dev1')!
    const redis = rendered.confs.find(({ template, developer }) => template === 'redis' && developer === 'dev1')!
    assert.match(redis.text, /^port 7000$/m)
    assert.match(conf.text, /"http:\/\/127\.0\.0\.1:9000"/)
  })

  it('puts an IPv6 address into brackets, and connects to what "every address" is listened on', () => {
    const text = (host: string) => confOf(render({ facts: { ...FACTS, host } }), 'socketserver', 'dev1')!.text
    assert.match(text('::'), /listen \[::\]:1081;[\s\S]*"http:\/\/\[::1\]:8000"/)
    assert.match(text('0.0.0.0'), /listen 0\.0\.0\.0:1081;[\s\S]*"http:\/\/127\.0\.0\.1:8000"/)
  })

  it('takes a root folder with spaces, semicolons and signs of nginx', () => {
    const { confs, diagnostics } = render({ facts: { ...FACTS, root: '/opt/my yard; {$x} #1' } })
    assert.deepEqual(diagnostics, [])
    assert.match(confs[1]!.text, /^dir "\/opt\/my yard; \{\$x\} #1\/redis\/master\/data"$/m)
  })

  it('refuses a fact that no quotes can hold, at its first use', () => {
    const facts: YardFacts = { ...FACTS, mysql: { ...FACTS.mysql, database: 'a"; evil "' } }
    const message =
      'MYSQL_DATABASE of this yard has a quote, a backslash or a control character, which no conf can hold'
    assert.deepEqual(
      wrong({ facts }),
      ['dtserver', 'httpserver', 'socketserver'].map((name) => `${name}.conf.hbs: ${message} <MYSQL_DATABASE>`),
    )
  })

  describe('refuses', () => {
    it('a name that nobody knows, in text and in comments, at its line and column', () => {
      const { diagnostics } = render(edited('socketserver.conf.hbs', '# The', '# {{LISTN}} The'))
      assert.deepEqual(
        diagnostics.map(({ line, column }) => [line, column]),
        [[1, 5]],
      )
      assert.deepEqual(diagnostics.map(brief), [
        'socketserver.conf.hbs: Unknown name "LISTN"; did you mean "LISTEN"? <LISTN>',
      ])
    })

    it('names that every object has', () => {
      for (const name of ['constructor', '__proto__', 'toString', 'this', '@root', 'lookup']) {
        const found = wrong(edited('redis.conf.hbs', 'bind "', `{{${name}}} "`))
        assert.match(found.join(), /^redis\.conf\.hbs: (Unknown name|A template has)/, name)
      }
    })

    it('what templates do not do, and what cannot be read', () => {
      const only = 'A template has {{NAME}}, {{#each LIST}}, {{#if NAME}} and {{#unless NAME}}, and nothing else'
      const cases: [text: string, expected: string][] = [
        ['{{> part}}', `${only} <{{> part}}>`],
        ['{{LISTEN "x"}}', `${only} <{{LISTEN "x"}}>`],
        ['{{#with HOST}}{{/with}}', `${only} <{{#with HOST}}{{/with}}>`],
        ['{{#each HOST}}{{/each}}', '"HOST" is not a list <HOST>'],
        ['{{LISTEN ;', 'Cannot read this template: unexpected text: a "}}" is missing <{{>'],
        ['{{LISTEN', 'Cannot read this template: unexpected "{{": the one before it has no "}}" <{{>'],
        ['{{/if}}', 'Cannot read this template: unexpected {{/...}}: no block is open <{{>'],
      ]
      for (const [text, expected] of cases) {
        assert.deepEqual(wrong(edited('redis.conf.hbs', 'protected-mode', `${text} protected-mode`)), [
          `redis.conf.hbs: ${expected}`,
        ])
      }
    })

    it('a name of the outside inside of a list, and says how to write it', () => {
      assert.deepEqual(wrong(edited('rsyslog.conf.hbs', '{{../ROOT}}', '{{ROOT}}')), [
        'rsyslog.conf.hbs: Unknown name "ROOT"; outside of the list it is {{../ROOT}} <ROOT>',
      ])
    })

    it('an override of a key that master lacks', () => {
      assert.deepEqual(wrong(socketserver('{ LISTEN: 1082 }', '{ LISTEN: 1082, LOG_LEVL: debug }')), [
        'socketserver.values.yaml: "LOG_LEVL" is no key of master, so it cannot be overridden; did you mean "LOG_LEVEL"? <LOG_LEVL>',
      ])
    })

    it('a section for a developer who does not exist', () => {
      assert.deepEqual(wrong(socketserver('dev2:', 'dev3: {}\ndev2:')), [
        'socketserver.values.yaml: There is no developer "dev3"; did you mean "dev1"? <dev3>',
      ])
      assert.deepEqual(wrong(edited('rsyslog.values.yaml', 'master:', 'dev1: {}\nmaster:')), [
        'rsyslog.values.yaml: There is one rsyslog for the yard: only "master" counts here <dev1>',
      ])
    })

    it('another type than master has', () => {
      const cases: [text: string, expected: string][] = [
        ['CODE_CACHE: true', 'CODE_CACHE is a text in master, and true or false here <true>'],
        ['CODE_CACHE: 1', 'CODE_CACHE is a text in master, and a number here <1>'],
        ['WORKER_PROCESSES: "1"', 'WORKER_PROCESSES is a number in master, and a text here <"1">'],
        ['CODE_CACHE: [on]', 'The value of CODE_CACHE is not a number, true, false or a text <[on]>'],
        ['CODE_CACHE: null', 'The value of CODE_CACHE is not a number, true, false or a text <null>'],
        ['CODE_CACHE: &a on', 'Aliases, anchors and tags are not allowed: write the value out <on>'],
        ['CODE_CACHE: !!str on', 'Aliases, anchors and tags are not allowed: write the value out <on>'],
      ]
      for (const [text, expected] of cases) {
        assert.deepEqual(wrong(socketserver('{ LISTEN: 1082 }', `{ LISTEN: 1082, ${text} }`)), [
          `socketserver.values.yaml: ${expected}`,
        ])
      }
    })

    it('a port that is none, and a template without one', () => {
      for (const port of ['0', '65536', '1.5', '-1']) {
        assert.deepEqual(wrong(socketserver('LISTEN: 1082', `LISTEN: ${port}`)), [
          `socketserver.values.yaml: LISTEN is a port: a number from 1 to 65535 <${port}>`,
        ])
      }
      const found = wrong(socketserver('  LISTEN: 1080\n', ''))
      assert.ok(found.includes('socketserver.values.yaml: "master" has no LISTEN, the port of socketserver <master>'))
    })

    it('two sandboxes on one port, both named, at the later line', () => {
      const { diagnostics } = render(socketserver('LISTEN: 1082', 'LISTEN: 1081'))
      assert.deepEqual(diagnostics.map(brief), [
        'socketserver.values.yaml: socketserver/dev2 cannot have port 1081: it is the port of socketserver/dev1 <1081>',
      ])
      const text = files['socketserver.values.yaml']!
      assert.equal(diagnostics[0]!.line, text.slice(0, text.indexOf('dev2')).split('\n').length)
      assert.deepEqual(wrong(edited('dtserver.values.yaml', 'LISTEN: 1182', 'LISTEN: 6381')), [
        'dtserver.values.yaml: dtserver/dev2 cannot have port 6381: it is the port of redis/dev1 <6381>',
      ])
    })

    it('a port that the yard itself listens on', () => {
      assert.deepEqual(wrong(socketserver('LISTEN: 1082', 'LISTEN: 2222')), [
        "socketserver.values.yaml: socketserver/dev2 cannot have port 2222: it is the port of the yard's own ssh server <2222>",
      ])
    })

    it('a developer who has no port', () => {
      assert.deepEqual(wrong(socketserver('{ LISTEN: 1082 }', '{ GUESTS: on }')), [
        'socketserver.values.yaml: socketserver/dev2 has no LISTEN of its own and would share port 1080 with socketserver/master <dev2>',
      ])
      assert.deepEqual(wrong(socketserver('dev2: { LISTEN: 1082 }\n', '')), [
        'socketserver.values.yaml: socketserver/dev2 has no LISTEN of its own and would share port 1080 with socketserver/master <1080>',
      ])
    })

    it('a template that listens elsewhere than its values say', () => {
      const { diagnostics } = render(edited('socketserver.conf.hbs', '{{LISTEN}}', '9999'))
      assert.equal(
        brief(diagnostics[0]!),
        'socketserver.conf.hbs: This listens on port 9999, whatever LISTEN says; write listen {{HOST}}:{{LISTEN}}; <l>',
      )
    })

    it("the name of a fact, in anybody's section", () => {
      for (const section of ['master:\n ', 'dev2: { LISTEN: 1082,']) {
        const from = section.startsWith('dev2') ? 'dev2: { LISTEN: 1082' : 'master:\n'
        assert.deepEqual(
          wrong(socketserver(from, section.startsWith('dev2') ? `${section} ROOT: /` : `${section} ROOT: /\n`)),
          ['socketserver.values.yaml: "ROOT" is a fact of the yard, which values may not set <ROOT>'],
        )
      }
    })

    it('a value that could end its directive', () => {
      for (const [value, shown] of [
        ['"a; }"', 'the character ;'],
        ["'{'", 'the character {'],
        ["'a\"b'", 'the character "'],
        ['"a\'b"', "the character '"],
        ['a\\b', 'the character \\'],
        ['$host', 'the character $'],
        ['"a #b"', 'the character #'],
        ['"a\\nb"', 'a control character (U+000A)'],
        ['"a\\u2028b"', 'a control character (U+2028)'],
      ] as const) {
        assert.deepEqual(wrong(socketserver('{ LISTEN: 1082 }', `{ LISTEN: 1082, SERVER_NAME: ${value} }`)), [
          `socketserver.values.yaml: The value of SERVER_NAME has ${shown}, which values may not have: it could end its directive <${value}>`,
        ])
      }
    })

    it('files that are missing or are not what they should be', () => {
      const { 'redis.conf.hbs': _, ...without } = files
      assert.deepEqual(wrong({ files: without }), ['redis.conf.hbs: This file is missing <>'])
      const cases: [text: string, expected: string][] = [
        ['', 'There is no section "master" <>'],
        ['- a', 'There is no section "master" <>'],
        ['dev1: {}', 'There is no section "master" <>'],
        ['master: 1', 'The section "master" is not a map of keys and values <1>'],
        ['master: { A: 1, A: 2 }', 'Map keys must be unique <A>'],
        [
          'master: { __proto__: 1 }',
          '"__proto__" is not a key: capital letters, digits and "_", a letter first <__proto__>',
        ],
        ['master: { LISTEN: 1', 'Flow map in block collection must be sufficiently indented and end with a } <>'],
        [`master: {}${' '.repeat(70_000)}`, 'This file is longer than 65536 characters <>'],
      ]
      for (const [text, expected] of cases) {
        const found = wrong({ files: { ...files, 'dtserver.values.yaml': text } })
        assert.deepEqual(found, [`dtserver.values.yaml: ${expected}`], text.slice(0, 40))
      }
    })

    it('a file that is nested as deeply as it gets', () => {
      const found = wrong({ files: { ...files, 'dtserver.values.yaml': '['.repeat(60_000) } })
      assert.equal(found.length, 1)
      assert.match(found[0]!, /^dtserver\.values\.yaml: (Cannot read this file as YAML: it is nested|Flow sequence)/)
    })

    it('a key that developers may set and that master lacks, or one who says so in their section', () => {
      assert.deepEqual(wrong(socketserver('GUESTS ]', 'GUEST ]')), [
        'socketserver.values.yaml: "GUEST" is no key of master; did you mean "GUESTS"? <GUEST>',
      ])
      assert.deepEqual(wrong(socketserver('{ LISTEN: 1082 }', '{ LISTEN: 1082, DEVELOPER_MAY_SET: [LISTEN] }')), [
        'socketserver.values.yaml: Only "master" says what developers may set <DEVELOPER_MAY_SET>',
      ])
    })

    it('a conf that its server would not start with, once for all developers', () => {
      assert.deepEqual(wrong(edited('socketserver.conf.hbs', 'code_cache', 'code_cach')), [
        'socketserver.conf.hbs: Unknown directive "code_cach"; did you mean "code_cache"? <code_cach>',
      ])
      assert.deepEqual(wrong(socketserver('{ LISTEN: 1082 }', '{ LISTEN: 1082, IDLE_TIMEOUT: 5s }')), [
        'socketserver.values.yaml: "5s" is out of range: whole seconds from 8s to 960s, or 0 for none <5s>',
      ])
    })

    it('without showing a password', () => {
      const { diagnostics } = render(edited('socketserver.conf.hbs', '"password={{REDIS', '"passwor={{REDIS'))
      const shown = JSON.stringify(diagnostics)
      assert.match(shown, /passwor=\{\{REDIS_PASSWORD\}\}/)
      assert.doesNotMatch(shown, /secret/)
    })
  })

  describe("with a developer's own branch", () => {
    const branch = (to: string) => ({ dev2: withText(files, 'socketserver.values.yaml', 'dev2: { LISTEN: 1082 }', to) })

    it('takes their own section, the keys that are theirs, and nothing else', () => {
      const dev2 = withText(
        withText(
          branch('dev2: { LISTEN: 6666, GUESTS: on }').dev2,
          'socketserver.values.yaml',
          'CODE_CACHE: on',
          'CODE_CACHE: off',
        ),
        'socketserver.conf.hbs',
        'script src/main.ts',
        'script src/evil.ts',
      )
      const plain = render()
      const { confs, diagnostics } = render({ branches: { dev2 } })
      assert.deepEqual(diagnostics, [])
      const changed = confs.filter(({ text }, index) => text !== plain.confs[index]!.text)
      assert.deepEqual(
        changed.map(({ template, developer, port }) => [template, developer, port]),
        [['socketserver', 'dev2', 1082]],
      )
      const before = confOf(plain, 'socketserver', 'dev2')!.text
      assert.equal(changed[0]!.text, before.replace('set $guests off', 'set $guests on'))
    })

    it('blames their line for a port they took from another', () => {
      const may = withText(files, 'socketserver.values.yaml', 'GUESTS ]', 'GUESTS, LISTEN ]')
      // dev1's line stands above dev2's: the one who took it is to blame, not the later one.
      const dev1 = withText(may, 'socketserver.values.yaml', 'LISTEN: 1081', 'LISTEN: 1082')
      assert.deepEqual(wrong({ files: may, branches: { dev1 } }), [
        'dev1:socketserver.values.yaml: socketserver/dev1 cannot have port 1082: it is the port of socketserver/dev2 <1082>',
      ])
    })

    it('names their branch for what is wrong in it', () => {
      assert.deepEqual(wrong({ branches: branch('dev2: { GUESTS: 1 }') }), [
        'dev2:socketserver.values.yaml: GUESTS is a text in master, and a number here <1>',
      ])
      assert.deepEqual(wrong({ branches: branch('dev2: { GUESTS') }), [
        'dev2:socketserver.values.yaml: Flow map in block collection must be sufficiently indented and end with a } <>',
      ])
      assert.deepEqual(wrong({ branches: branch('dev2: { IDLE_TIMEOUT: 5s }') }), [
        'dev2:socketserver.values.yaml: "5s" is out of range: whole seconds from 8s to 960s, or 0 for none <5s>',
      ])
    })

    it('takes no notice of a branch without a developer, nor of one of master', () => {
      const broken = { 'socketserver.values.yaml': '{' }
      assert.deepEqual(render({ branches: { gone: broken, master: broken } }), render())
    })
  })

  it('knows every template that there is', () => {
    assert.deepEqual([...new Set(render().confs.map(({ template }) => template))], [...TEMPLATES])
  })

  describe('warns of an idle_stop that does nothing', () => {
    const unix = (text: TemplateFiles) =>
      withText(
        text,
        'socketserver.conf.hbs',
        '    server_name',
        '    listen unix:{{ROOT}}/run/x.sock;\n    server_name',
      )
    const sleepy = (text: TemplateFiles) =>
      withText(text, 'socketserver.values.yaml', 'IDLE_STOP: off', 'IDLE_STOP: 10m')
    const warned = (text: TemplateFiles) => {
      const { confs, diagnostics } = render({ files: text })
      assert.deepEqual(diagnostics, [])
      return warningsOf(confs)
    }

    it('where a server listens on a Unix socket: at the value, once for all who have it', () => {
      const [warning, ...others] = warned(unix(sleepy(files)))
      assert.deepEqual(others, [])
      assert.equal(
        brief(warning!),
        'socketserver.values.yaml: idle_stop does nothing here, it never sleeps: it listens on a Unix socket, too, which nobody can hold meanwhile; listen on ports only <10m>',
      )
      assert.match(warning!.lineText ?? '', /^ +IDLE_STOP: 10m/)
    })

    it('where the engine cannot share its port (node before libuv 1.49; left out where it can), of whoever has set it', function () {
      if (sharesPort('node')) this.skip()
      const text = withText(files, 'socketserver.values.yaml', 'dev2: { ', 'dev2: { IDLE_STOP: 5m, ENGINE: node, ')
      const warnings = warned(text).map(brief)
      assert.match(
        warnings.join('\n'),
        /^socketserver\.values\.yaml: .* the engine "node" .* cannot share its port .* <5m>$/,
      )
      assert.equal(render({ files: text }).confs.filter((conf) => conf.warnings.length > 0).length, 1)
    })

    it('and of none that is off, stands in a comment, or does what it says', () => {
      assert.deepEqual(warned(unix(files)), [])
      assert.deepEqual(warned(sleepy(files)), [])
      const comment = withText(unix(files), 'socketserver.conf.hbs', '  idle_stop', '  # idle_stop 10m;\n  idle_stop')
      assert.deepEqual(warned(comment), [])
    })
  })
})
