// node build.mjs: dist/ gets the bundled extension, what it shows, and the licences of what is bundled.
// node build.mjs --test: dist/test/ gets the unit tests.
import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const shared = { absWorkingDir: root, bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };
const accepted = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD']);

if (process.argv.includes('--test')) {
  rmSync(join(dist, 'test'), { recursive: true, force: true });
  const tests = readdirSync(join(root, 'test')).filter(file => file.endsWith('.test.ts')).map(file => `test/${file}`);
  await build({ ...shared, entryPoints: tests, outdir: 'dist/test', format: 'esm', outExtension: { '.js': '.mjs' } });
} else {
  rmSync(dist, { recursive: true, force: true });
  const { metafile } = await build({
    ...shared, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', format: 'cjs', external: ['vscode'], minify: true,
    metafile: true,
  });
  writeFileSync(join(dist, 'third-party-licenses.txt'), licencesOf(bundledPackages(metafile)));
  copyFromRepository();
}

/** The folders of the packages that went into the bundle. */
function bundledPackages(metafile) {
  const folders = Object.keys(metafile.inputs).map(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter(folder => folder !== undefined))].sort();
}

/** Their licences in one text. An unknown licence, or one whose text is missing, is an error: it must be looked at first. */
function licencesOf(folders) {
  return folders.map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find(entry => /^licen[cs]e/i.test(entry));
    if (!accepted.has(license) || file === undefined)
      throw new Error(`${name} ${version}: licence ${license}, text ${file ?? 'missing'}`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}

/** What package.json names of the rest of the repository: schemas and screenshots. */
function copyFromRepository() {
  const { contributes } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const schemas = [...contributes.jsonValidation, ...contributes.yamlValidation].map(({ url }) => [url, 'schemas']);
  const images = contributes.walkthroughs.flatMap(({ steps }) => steps).map(({ media }) => [media.image, 'docs/images']);
  for (const [file, folder] of [...schemas, ...images].filter(([file]) => file?.replace('./', '').startsWith('dist/'))) {
    const source = join(root, '..', folder, file.split('/').at(-1));
    if (!existsSync(source))
      throw new Error(`package.json names ${file}, and ${source} is not there`);
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(source, join(root, file));
  }
}
