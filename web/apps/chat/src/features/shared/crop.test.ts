import { describe, expect, it } from 'vitest'
import { dragged, squareOf } from './crop'

describe('squareOf', () => {
  it.each([
    ['the middle of a wide picture', 400, 200, { zoom: 1, x: 0.5, y: 0.5 }, { x: 100, y: 0, size: 200 }],
    ['no further than the edge', 400, 200, { zoom: 1, x: 0, y: 0 }, { x: 0, y: 0, size: 200 }],
    ['closer', 400, 200, { zoom: 2, x: 0.5, y: 0.5 }, { x: 150, y: 50, size: 100 }],
    ['never out of a tall picture', 100, 300, { zoom: 1, x: 1, y: 1 }, { x: 0, y: 200, size: 100 }],
    ['a zoom below 1 is 1', 100, 100, { zoom: 0.1, x: 0.5, y: 0.5 }, { x: 0, y: 0, size: 100 }],
  ])('%s', (_, width, height, look, expected) => expect(squareOf(width, height, look)).toEqual(expected))
})

describe('dragged', () => {
  it('moves the look against the hand', () => {
    expect(dragged(400, 200, { zoom: 1, x: 0.5, y: 0.5 }, 50, 0, 100)).toEqual({ zoom: 1, x: 0.25, y: 0.5 })
  })
  it('stops at the edge, so that the way back begins at once', () => {
    const edge = dragged(400, 200, { zoom: 1, x: 0.5, y: 0.5 }, 9999, 0, 100)
    expect(edge.x).toBe(0.25)
    expect(dragged(400, 200, edge, -50, 0, 100).x).toBe(0.5)
  })
})
