// From an empty root, or one that was up before, to a yard in which everything is ready.
import { EdgeyardError, messageOf } from '../../servers/contract/errors.ts'
import { SERVERS } from '../../servers/contract/names.ts'
import { addMissingDevelopers, readDevelopers } from '../developers/developers.ts'
import { rebuildDevelopers } from '../developers/rebuild-developers.ts'
import { rebuildUidBase, writeUidBase } from '../developers/uids.ts'
import { ensureRepositories } from '../git/repositories.ts'
import { planPorts } from '../sandbox/ports.ts'
import { requireFreePort } from './ports.ts'
import { publishCommon } from './publish-common.ts'
import { putAsideGone } from './put-aside.ts'
import { syncSections } from './sections.ts'
import { isNewYard, retireGone, seedCommon, seedServerctrl, syncBranches } from './seed.ts'
import type { Yard } from './yard.ts'
import type { YardContext } from './yard-context.ts'

type Progress = (line: string) => void

export interface SetUpOptions {
  readonly progress: Progress
  /** Nothing of this yard runs yet. */
  readonly fresh: boolean
  /** Runs our own push to serverctrl: what it changes is done right behind it. */
  seeding(push: () => Promise<void>): Promise<void>
}

/** Control must be serving: the hooks of our own pushes ask it. */
export async function setUpYard(
  context: YardContext,
  yard: Yard,
  { progress, fresh, seeding }: SetUpOptions,
): Promise<void> {
  const { layout, settings } = context
  const uids = context.asRoot ? await rebuildUidBase(layout) : null
  for (const told of [...(uids === null ? [] : [uids]), ...(await rebuildDevelopers(layout, Date.now()))]) {
    progress(told)
    context.log('crit', told)
  }
  await ensureRepositories(layout)
  await yard.finishRename(progress)
  if (fresh) await requireFreePort(settings.host, settings.sshPort, 'ssh')
  if (await isNewYard(context)) {
    if (context.asRoot) await writeUidBase(layout, settings.portsFrom)
    await addMissingDevelopers(layout, settings.developersInitial)
    await requireAllPorts(context)
    progress('serverctrl begins with the templates of this project')
    await seeding(() => seedServerctrl(context))
  } else {
    // Who came or went while no daemon ran: the confs do not fit the yard before this.
    await seeding(() => syncSections(context, () => {}))
  }
  const { failures, troubles } = await yard.reconcile(progress)
  if (troubles.length > 0) throw troubles[0]
  for (const { server, developer, message } of failures) context.log('error', `${server} of ${developer}: ${message}`)
  await syncYard(context, yard, progress)
}

/** Gives every developer what they lack, takes what the gone have left, and makes the yard agree. */
export async function syncYard(context: YardContext, yard: Yard, progress: Progress): Promise<void> {
  await ensureRepositories(context.layout)
  await yard.finishRename(progress)
  // The hooks of these pushes switch what they change, so no lock is held here.
  await syncSections(context, progress)
  await seedCommon(context, progress)
  await publishCommon(context, progress)
  await yard.liveRefs.alone(() => retireGone(context))
  await syncBranches(context, await yard.sandboxNames(), progress)
  await yard.reconcile(progress)
  await putAsideGone(context.layout, progress)
}

/** Told all at once, before anything has been started: a second try should be the last. */
async function requireAllPorts({ layout, settings }: YardContext): Promise<void> {
  const plan = planPorts(settings.portsFrom, settings.ports)
  const developers = await readDevelopers(layout)
  const wanted = [
    [settings.viewerPort, 'the log viewer'] as const,
    ...developers.flatMap(({ name, index }) => [
      [plan.redis(index), `redis of ${name}`] as const,
      ...SERVERS.filter((server) => server !== 'httpserver' || index === 0).map(
        (server) => [plan.server(server, index), `${server} of ${name}`] as const,
      ),
    ]),
  ]
  const results = await Promise.allSettled(wanted.map(([port, what]) => requireFreePort(settings.host, port, what)))
  const taken = results.flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : []))
  if (taken.length === 0) return
  throw new EdgeyardError(
    'PORT_TAKEN',
    [...taken, 'Another block of ports: --ports-from N; other ranges: "ports:" in yard.yml'].join('\n'),
  )
}
