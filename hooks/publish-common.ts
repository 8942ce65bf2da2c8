// Tells developers of the common library and of the types of scripts as they are now: documentation for the log viewer, and
// declarations on the branch `types` of every server's repository. The daemon runs it when either has changed.
//
//   node publish-common.js --root ROOT --project PROJECT --made-of TEXT
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { commitFiles } from '../devenv/git/commit-files.ts'
import { commonCommit } from '../devenv/git/uses-common.ts'
import { yardLayout } from '../devenv/sandbox/layout.ts'
import { acceptedQuotas, QUOTAS_DEFAULT } from '../devenv/sandbox/quotas.ts'
import { type Docs, SCRIPT_MODULE } from '../servers/contract/docs.ts'
import { COMMON, SERVERS, TYPES_BRANCH } from '../servers/contract/names.ts'
import { listModules } from './build/common-modules.ts'
import { ensureCommonTree } from './build/common-tree.ts'
import { extractDocs } from './docs/extract-docs.ts'
import { makeDeclarations } from './docs/make-declarations.ts'
import { cleanEnvironment } from './push/context.ts'
import { reportError } from './push/run-hook.ts'
import { createReport } from './report/report.ts'

const report = createReport({ write: (text) => process.stdout.write(text), now: () => performance.now() })

/** Lies beside the declarations: who edits them there should know. */
const NOTE = `Made by the yard of its common library, on the branch "${TYPES_BRANCH}". Do not edit: bring it up to date with

    git fetch && git restore --source=origin/${TYPES_BRANCH} edgeyard.d.ts types/${COMMON}
`

async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { root: text, project: text, 'made-of': text } })
  const { root, project: projectRoot, 'made-of': madeOf } = values
  if (!root || !projectRoot || !madeOf) throw new Error('Cannot publish without --root, --project and --made-of')
  const layout = yardLayout(root)
  const common = await commonCommit(layout)
  const tree =
    common === null
      ? null
      : await ensureCommonTree({ layout, quarantine: {}, quotas: acceptedQuotas(QUOTAS_DEFAULT.everybody) }, common)
  const script = await readFile(join(projectRoot, 'servers/contract/script.ts'))
  const { files, warnings } =
    tree === null ? { files: new Map<string, string>(), warnings: [] } : await makeDeclarations(tree, { projectRoot })
  for (const warning of warnings) report.line(`types: ${warning}`)

  const types = new Map<string, Uint8Array>([
    ['edgeyard.d.ts', script],
    [`types/${COMMON}/README.md`, Buffer.from(NOTE)],
    ...[...files].map(([path, declarations]) => [`types/${COMMON}/${path}`, Buffer.from(declarations)] as const),
  ])
  for (const repository of SERVERS) {
    await commitFiles(layout, {
      repository,
      branch: TYPES_BRANCH,
      files: types,
      message: 'Types of what scripts import',
    })
  }

  const modules = tree === null ? [] : [...(await listModules(tree))]
  const docs: Docs = {
    madeOf,
    common,
    modules: [
      extractDocs({ name: SCRIPT_MODULE, text: script.toString('utf8'), hasHeader: true }),
      ...(await Promise.all(
        modules.map(async ([name, file]) => {
          const declarations = files.get(file.replace(/\.([cm]?)[jt]sx?$/, '.d.$1ts')) ?? ''
          const source = await readFile(join(tree!, file), 'utf8')
          return extractDocs({ name: `${COMMON}/${name}`, text: declarations, source })
        }),
      )),
    ],
  }
  await mkdir(layout.docs.folder, { recursive: true })
  // Read at any moment: it is whole or the last one. One of us runs at a time.
  const next = `${layout.docs.file}.next`
  await writeFile(next, `${JSON.stringify(docs)}\n`, { mode: 0o644 })
  await rename(next, layout.docs.file)
  report.line(`types and documentation of ${modules.length} ${modules.length === 1 ? 'module' : 'modules'} are renewed`)
}

process.umask(0o022)
cleanEnvironment(process.env)
try {
  await main()
} catch (error) {
  reportError(report, error)
  process.exitCode = 1
}
