// What data_tester may call, by name.
import type { Redis } from 'edgeyard'
import { asAnswer } from './data-errors.ts'
import { badParams, type Method, type Methods } from './json-rpc.ts'
import { get, put, remove } from './key-methods.ts'
import { check, list, reset } from './walk-methods.ts'

export const METHODS: Methods<Redis> = {
  'data.list': answering(list),
  'data.get': answering(get),
  'data.put': answering(put),
  'data.delete': answering(remove),
  'data.check': answering(check),
  'data.reset': answering(reset),
  'rpc.methods': {
    about: 'The names of all methods.',
    params: {},
    run: async () => Object.keys(METHODS),
  },
  'rpc.describe': {
    about: 'What a method does and takes. A description that ends in "?" is of a parameter that may be left out.',
    params: { method: 'string' },
    async run({ method }) {
      const found = typeof method === 'string' && Object.hasOwn(METHODS, method) ? METHODS[method] : undefined
      if (!found) throw badParams('"method" must be one of rpc.methods')
      return { method, about: found.about, params: found.params }
    },
  },
}

/** A Redis that is away is an answer, not a fault of the method. */
function answering(method: Method<Redis>): Method<Redis> {
  const run: Method<Redis>['run'] = async (params, redis) => {
    try {
      return await method.run(params, redis)
    } catch (error) {
      throw asAnswer(error)
    }
  }
  return { ...method, run }
}
