import { createRequire } from 'node:module';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sparticuz, { inflate, setupLambdaEnvironment } from '@sparticuz/chromium';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { cacheDirectory } from '../programs/cache.ts';

/**
 * A real browser, from npm alone: it brings the libraries that it needs, so it starts without root. It keeps its own
 * security: the arguments that its package suggests for functions would switch off what is tested here.
 */
export async function startBrowser(): Promise<Browser> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const bin = join(packageOf(entry), 'bin');
  const home = join(cacheDirectory(process.env), 'chromium');
  await mkdir(home, { recursive: true });
  // It is unpacked below the directory for temporary files, once.
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = home;
  try {
    sparticuz.setGraphicsMode = false;
    await inflate(join(bin, 'al2023.tar.br'));
    setupLambdaEnvironment(join(home, 'al2023', 'lib'));
    const executablePath = await sparticuz.executablePath();
    // Its own configuration names /tmp/fonts, and a form without any font ends the browser.
    const fonts = join(home, 'headgate-fonts.conf');
    await writeFile(fonts, fontConfig(home));
    return await chromium.launch({
      executablePath,
      env: { ...definedIn(process.env), FONTCONFIG_FILE: fonts },
      chromiumSandbox: false,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

function fontConfig(home: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(home, 'fonts')}</dir><cachedir>${join(home, 'fonts-cache')}</cachedir></fontconfig>
`;
}

function definedIn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function packageOf(entry: string): string {
  return entry.slice(0, entry.lastIndexOf(join('@sparticuz', 'chromium')) + join('@sparticuz', 'chromium').length);
}

export const AXE = join(dirname(createRequire(import.meta.url).resolve('axe-core/package.json')), 'axe.min.js');
