// Builds the release of a commit that is in its repository already: what the daemon starts when a release folder is missing, or
// lacks the build of a script. Without a --script nothing is built: a conf may run none.
//
//   node build-release.js --root ROOT --server SERVER --developer NAME --commit COMMIT[+COMMIT-OF-COMMON] [--script src/main.ts ...]
import { parseArgs } from 'node:util'
import { yardLayout } from '../devenv/sandbox/layout.ts'
import { acceptedQuotas, QUOTAS_DEFAULT } from '../devenv/sandbox/quotas.ts'
import { isServerName, MASTER, parseDeveloperName } from '../servers/contract/names.ts'
import { BUILT_COMMIT } from '../servers/contract/release.ts'
import { endBuilding, ensureRelease } from './build/ensure-release.ts'
import { cleanEnvironment } from './push/context.ts'
import { reportError } from './push/run-hook.ts'
import { createReport } from './report/report.ts'

const report = createReport({ write: (text) => process.stderr.write(text), now: () => performance.now() })

async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const script = { type: 'string', multiple: true } as const
  const { values } = parseArgs({ options: { root: text, server: text, developer: text, commit: text, script } })
  const { root, server, developer, commit, script: scripts = [] } = values
  if (!root || !server || !isServerName(server) || !developer || !BUILT_COMMIT.test(commit ?? '')) {
    throw new Error('Cannot build a release without --root, --server, --developer and --commit')
  }
  await ensureRelease({
    layout: yardLayout(root),
    sandbox: { server, developer: developer === MASTER ? MASTER : parseDeveloperName(developer) },
    commit: commit!,
    quarantine: {},
    needs: { scripts, roots: [] },
    // What is missing is made; what is there is not judged, nor removed.
    quotas: { ...acceptedQuotas(QUOTAS_DEFAULT.everybody), releases: Number.POSITIVE_INFINITY },
    report,
  })
}

process.umask(0o022)
cleanEnvironment(process.env)
try {
  await main()
} catch (error) {
  reportError(report, error)
  process.exitCode = 1
} finally {
  await endBuilding()
}
