// The console's panels, of which a phone shows one at a time.
export const PANELS = ['board', 'chat', 'info'] as const
export type Panel = (typeof PANELS)[number]
