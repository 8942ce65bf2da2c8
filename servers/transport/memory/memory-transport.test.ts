import { transportContract } from '../contract-suite.ts'

transportContract('node', { memory: true })
