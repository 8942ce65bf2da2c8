// Errors by what they have in common, and what people say of them.
import type { Audit } from '../../access/audit.ts'
import { addressOf } from '../../access/gate.ts'
import { mayJudge } from '../../access/scope.ts'
import { EVERYTHING, type Scope } from '../../query/question.ts'
import type { ErrorGroup, ErrorsReply } from '../../query/wire.ts'
import { type Judgements, judge, SAYABLE_STATES } from '../../state/judgements.ts'
import { groupOfOne } from '../../store/group-errors.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { sendJson } from '../answer.ts'
import { BadRequest, type Route, readPlace, readQuestion } from '../route.ts'

export function errorRoutes({
  store,
  judgements,
  audit,
}: {
  store: RecordStore
  judgements: Judgements
  audit: Audit
}): readonly Route[] {
  /** By one of its records, or, when whoever asks knows none, among all groups there are. */
  const find = async (
    name: string,
    { lastId, scope, signal }: { lastId: string | undefined; scope: Scope; signal: AbortSignal },
  ): Promise<ErrorGroup | undefined> => {
    if (lastId === undefined) {
      const groups = await store.errors({ question: EVERYTHING, scope, signal })
      return groups.find(({ fingerprint }) => fingerprint === name)
    }
    const [record] = (await store.context(lastId, { before: 0, after: 0, scope, signal })) ?? []
    const group = record && groupOfOne(record)
    return group?.fingerprint === name ? group : undefined
  }
  return [
    {
      method: 'GET',
      path: '/api/errors',
      async handle(ask) {
        const { response, scope, signal, patterns } = ask
        const groups = await store.errors({ question: readQuestion(ask), scope, signal, patterns })
        const judged = groups.map((group) => judge(group, judgements.of(group.fingerprint)))
        sendJson(response, 200, { groups: judged } satisfies ErrorsReply)
      },
    },
    {
      method: 'POST',
      path: '/api/errors/{fingerprint}',
      async handle({ request, response, body, name, visitor, scope, signal }) {
        const state = SAYABLE_STATES.find((one) => one === body.state)
        if (state === undefined) throw new BadRequest(`state has to be one of ${SAYABLE_STATES.join(', ')}`)
        if (body.lastId !== undefined && typeof body.lastId !== 'string')
          throw new BadRequest('lastId has to be a text')
        const group = await find(name, { lastId: readPlace(body.lastId ?? null, scope), scope, signal })
        if (group === undefined) throw new BadRequest('There is no such group of errors', 404)
        if (!mayJudge(visitor.who, group.source))
          throw new BadRequest('These errors are not yours: the operator says what becomes of them', 403)
        await judgements.say(name, state, visitor.who)
        const target = `${group.source.server}/${group.source.developer} ${name}`
        audit({ who: visitor.who, act: `error ${state}`, target, result: 'done', from: addressOf(request) })
        sendJson(response, 200, judge(group, judgements.of(name)))
      },
    },
  ]
}
