// Bundles the extension and the sidebar's page into dist/.
import { build } from 'esbuild';

const common = { bundle: true, minify: true, logLevel: 'warning' };
await build({ ...common, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', platform: 'node', format: 'cjs', target: 'node20', external: ['vscode'] });
await build({ ...common, entryPoints: ['src/sidebar/page.ts'], outfile: 'dist/sidebar.js', platform: 'browser', format: 'iife', target: 'es2022' });
