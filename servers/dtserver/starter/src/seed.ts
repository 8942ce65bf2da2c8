// The game data that `data.reset` begins again with. Change it as your game grows; `data.check` must like it.
import type { Json } from 'edgeyard'

export const SEED: Readonly<Record<string, Json>> = {
  'hero:arthur': { name: 'Arthur', level: 12, house: 'lion', items: ['item:sword', 'item:shield'] },
  'hero:morgan': { name: 'Morgan', level: 14, house: 'raven', items: ['item:staff'] },
  'building:castle': { name: 'Castle', x: 500, y: 500, health: 100 },
  'building:mill': { name: 'Mill', x: 320, y: 640, health: 80 },
  'item:sword': { name: 'Sword', price: 120 },
  'item:shield': { name: 'Shield', price: 90 },
  'item:staff': { name: 'Staff', price: 150 },
}
