// Errors by what they have in common, and what people say of them.
import type { Audit } from '../../access/audit.ts'
import { addressOf } from '../../access/gate.ts'
import { mayJudge } from '../../access/scope.ts'
import type { Question } from '../../query/question.ts'
import type { ErrorsReply } from '../../query/wire.ts'
import { type Judgements, judge, SAYABLE_STATES } from '../../state/judgements.ts'
import type { RecordStore } from '../../store/record-store.ts'
import { sendJson } from '../answer.ts'
import { BadRequest, type Route, readQuestion } from '../route.ts'

const EVERYTHING: Question = { developers: [], servers: [], severity: null, from: null, to: null, terms: [] }

export function errorRoutes({
  store,
  judgements,
  audit,
}: {
  store: RecordStore
  judgements: Judgements
  audit: Audit
}): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/errors',
      async handle(ask) {
        const { response, scope, signal } = ask
        const groups = await store.errors({ question: readQuestion(ask), scope, signal })
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
        const groups = await store.errors({ question: EVERYTHING, scope, signal })
        const group = groups.find(({ fingerprint }) => fingerprint === name)
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
