// The colours ink has, by name: whoever draws, red is the same red. Pure.

export const PEN_COLOURS = {
  black: '#1a1a1a',
  blue: '#1d4ed8',
  red: '#c81e1e',
  green: '#15803d',
  orange: '#c2410c',
  purple: '#7e22ce',
} as const

export const HIGHLIGHTER_COLOURS = {
  yellow: '#ffd400',
  green: '#7ee081',
  blue: '#8ecbff',
  red: '#ff9d94',
} as const
