#!/usr/bin/env node
// Where a process begins: the bundled program, its code compiled already. The build makes this file dist/edge-server/main.cjs.
import { createChunks } from './chunks.ts'

createChunks(__dirname).load('./server.cjs')
