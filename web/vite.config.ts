// How the front end is built, served while developing, and tested.
import vue from '@vitejs/plugin-vue'
import ElementPlus from 'unplugin-element-plus/vite'
import { fileURLToPath } from 'node:url'
import { delimiter, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { compressed } from './scripts/compress.ts'
import { icons } from './scripts/icon.ts'

const server = process.env.INKCALL_SERVER ?? 'http://127.0.0.1:8400'

/** vue-i18n asks for all of Vue to find one function in it, and so all of Vue would be shipped. */
function oneFunctionOfVue(): Plugin {
  const ALL = "import * as Vue from 'vue';"
  const ONE =
    "import { getCurrentInstance as vueInstance } from 'vue'; const Vue = { getCurrentInstance: vueInstance };"
  return {
    name: 'one-function-of-vue',
    apply: 'build',
    transform(code, id) {
      if (!/vue-i18n[^/]*\.mjs$/.test(id)) return null
      if (!code.includes(ALL))
        this.error('vue-i18n no longer asks for all of Vue: drop this plug-in')
      return { code: code.replace(ALL, ONE), map: null }
    },
  }
}

/** Features that lie elsewhere: `INKCALL_FEATURES` names their folders, as PATH does. */
const elsewhere = (process.env.INKCALL_FEATURES ?? '')
  .split(delimiter)
  .filter(Boolean)
  .map((folder) => resolve(folder))

function featuresElsewhere(): Plugin {
  const NAME = 'virtual:features-elsewhere'
  const main = fileURLToPath(new URL('./src/main.ts', import.meta.url))
  const isOutside = (file: string) => elsewhere.some((folder) => file.startsWith(`${folder}/`))
  return {
    name: 'features-elsewhere',
    enforce: 'pre',
    resolveId(source, importer, options) {
      if (source === NAME) return `\0${NAME}`
      // Above their folders there are no packages: they use ours.
      if (importer && isOutside(importer) && /^[@a-z]/i.test(source))
        return this.resolve(source, main, { ...options, skipSelf: true })
      return null
    },
    load(id) {
      if (id !== `\0${NAME}`) return null
      const lines = elsewhere.map(
        (folder, at) => `import f${at} from ${JSON.stringify(`${folder}/index.ts`)}`,
      )
      return [...lines, `export default [${elsewhere.map((_, at) => `f${at}`).join(', ')}]`].join(
        '\n',
      )
    },
  }
}

export default defineConfig({
  // Element Plus components are imported by name; the plug-in adds each one's style sheet.
  plugins: [
    featuresElsewhere(),
    vue(),
    ElementPlus({}),
    oneFunctionOfVue(),
    icons(fileURLToPath(new URL('./public/icon.svg', import.meta.url))),
    compressed(),
  ],
  resolve: {
    alias: [
      { find: '@', replacement: fileURLToPath(new URL('./src', import.meta.url)) },
      // Without its compiler: `src/i18n/compile.ts` does what our texts need. The whole name, since
      // what lies elsewhere is resolved twice.
      { find: /^vue-i18n$/, replacement: 'vue-i18n/dist/vue-i18n.runtime.esm-bundler.js' },
    ],
  },
  define: {
    // Full bundles of vue-i18n carry both APIs; only the composition API is used here.
    __VUE_I18N_LEGACY_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __INTLIFY_DROP_MESSAGE_COMPILER__: true,
    __VUE_OPTIONS_API__: false,
  },
  build: { target: 'es2022', outDir: 'dist', sourcemap: false, assetsInlineLimit: 0 },
  server: {
    host: '127.0.0.1',
    fs: { allow: ['.', ...elsewhere] },
    proxy: {
      '/api': server,
      '/ws': { target: server, ws: true },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    // Nothing here is timed; a machine that is busy with other tests may take its time.
    testTimeout: 30_000,
    // Its components import style sheets, which only Vite can read.
    server: { deps: { inline: ['element-plus'] } },
  },
})
