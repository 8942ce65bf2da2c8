import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

describe('the engine uws', () => {
  it('is not loaded in a thread, whose end would end the process', async () => {
    const module = new URL('./load-uws.js', import.meta.url).href
    const code = `import('${module}').then(({ loadUws }) => loadUws()).catch((error) => require('node:worker_threads').parentPort.postMessage(error.message))`
    const worker = new Worker(code, { eval: true })
    const [message] = await once(worker, 'message')
    assert.match(message, /in a thread/)
    await worker.terminate()
  })
})
