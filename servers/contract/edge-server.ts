// The program that runs a sandbox, as the build leaves it and as everybody starts it.

/** Relative to the project; bundled from servers/runtime/main.ts. */
export const EDGE_SERVER_PROGRAM = 'dist/edge-server/main.cjs'

/**
 * What Node is given before the program. V8 keeps compiled code for each set of flags apart, so all of us start it with the same.
 * New objects have 1 MiB before they are collected: V8's own 16 MiB, which it takes three times while many sockets come and never
 * gives back, make no request and no message cheaper.
 */
export const EDGE_SERVER_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=1']
