// What `vite.config.ts` makes of INKCALL_FEATURES: the features that lie outside of this folder.
declare module 'virtual:features-elsewhere' {
  const features: import('./feature').Feature[]
  export default features
}
