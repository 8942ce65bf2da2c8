// The program that runs a sandbox, as the build leaves it and as everybody starts it.

/** Relative to the project; bundled from servers/runtime/main.ts. */
export const EDGE_SERVER_PROGRAM = 'dist/edge-server/main.cjs'

/**
 * What Node is given before the program: nothing. V8 keeps compiled code for each set of flags apart, so all of us start it with the same.
 * A smaller space for new objects (`--max-semi-space-size`) saves memory, and costs a page that asks Redis a quarter of its processor
 * time; the watchdog gives that memory back when a server is quiet.
 */
export const EDGE_SERVER_NODE_FLAGS: readonly string[] = []
