// Which part of `src/` may import which; `npm run lint` checks it.
const SHARED = '^src/(board|i18n|media|net|ui|wire)/'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'features-never-import-each-other',
      comment:
        'What two features need lies in a shared folder; what one shows of another is a pane.',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/', pathNot: '^src/features/$1/' },
    },
    {
      name: 'features-do-not-know-the-list-of-features',
      comment:
        'router/index.ts imports every feature; features use router/feature.ts and router/homes.ts.',
      severity: 'error',
      from: { path: '^src/features/' },
      to: { path: '^src/(router/index\\.ts|main\\.ts|App\\.vue)$' },
    },
    {
      name: 'shared-things-know-no-feature',
      severity: 'error',
      from: { path: SHARED },
      to: { path: '^src/(features|router)/' },
    },
    {
      name: 'nothing-but-its-index-names-a-feature',
      comment:
        'A folder added or removed touches no other file, so nothing outside may point into one.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/features/' },
      to: { path: '^src/features/' },
    },
    {
      name: 'wire-stands-at-the-bottom',
      severity: 'error',
      from: { path: '^src/wire/' },
      to: { path: '^src/', pathNot: '^src/wire/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      // A page fetched later may come back to what fetched it.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
    {
      name: 'no-cycles-of-folders',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    {
      name: 'everything-is-found',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(vue-i18n|vite/|virtual:)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.vue', '.js', '.mjs', '.css'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types'],
    },
  },
}
