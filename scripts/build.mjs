/** `npm run build`: compiles `src` to `dist`, and copies the files of the status page, which are served as they are. */
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';

const ASSETS = 'http/page/assets';

const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status === 0) cpSync(`src/${ASSETS}`, `dist/${ASSETS}`, { recursive: true });
process.exitCode = status ?? 1;
