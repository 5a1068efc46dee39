// Every message, in one place to import from; each noun has its file, as on the Python side.
export * from './board'
export * from './common'
export * from './lobby'
export * from './room'
