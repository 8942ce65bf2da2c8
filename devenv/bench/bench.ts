// `npm run bench`: every measurement, one after the other. `npm run bench -- push`: one of them.
const BENCHES: Readonly<Record<string, () => Promise<unknown>>> = {
  requests: () => import('./requests.ts'),
  push: () => import('./push.ts'),
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in BENCHES))
if (unknown.length > 0) throw new Error(`Cannot measure ${unknown}: there is ${Object.keys(BENCHES).join(' and ')}`)
for (const name of asked.length > 0 ? asked : Object.keys(BENCHES)) await BENCHES[name]!()
