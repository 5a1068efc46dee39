// How the front end is built, served while developing, and tested.
import vue from '@vitejs/plugin-vue'
import ElementPlus from 'unplugin-element-plus/vite'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const server = process.env.INKCALL_SERVER ?? 'http://127.0.0.1:8400'

export default defineConfig({
  // Element Plus components are imported by name; the plug-in adds each one's style sheet.
  plugins: [vue(), ElementPlus({})],
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('./src', import.meta.url)),
      // Without its compiler: `src/i18n/compile.ts` does what our texts need.
      'vue-i18n': 'vue-i18n/dist/vue-i18n.runtime.esm-bundler.js',
    },
  },
  define: {
    // Full bundles of vue-i18n carry both APIs; only the composition API is used here.
    __VUE_I18N_LEGACY_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __VUE_OPTIONS_API__: true,
  },
  build: { target: 'es2022', outDir: 'dist', sourcemap: false, assetsInlineLimit: 0 },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': server,
      '/ws': { target: server, ws: true },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    // Its components import style sheets, which only Vite can read.
    server: { deps: { inline: ['element-plus'] } },
  },
})
