import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { html } from '../../src/page/html.ts';
import type { Html } from '../../src/page/html.ts';

describe('a template', () => {
  it('escapes every value, in text and in attributes', () => {
    const value = `<img src=x onerror="a('b')">&`;
    expect(html`<p title="${value}">${value}</p>`.markup).toBe(
      '<p title="&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;">&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;</p>',
    );
  });

  it('takes only markup of other templates as it is', () => {
    const list = [html`<i>${'<'}</i>`, '<i>'];
    expect(html`<b>${list}</b>`.markup).toBe('<b><i>&lt;</i>&lt;i&gt;</b>');
    const forged = { markup: '<script>' } as unknown as Html;
    expect(() => html`${forged}`.markup).toThrow(TypeError);
  });

  it('shows nothing for what is absent', () => {
    expect(html`<i>${null}${undefined}${false}${''}${0}</i>`.markup).toBe('<i>0</i>');
  });
});

it('has only quoted values of attributes in every template of the page', () => {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'page');
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const unquoted = files.filter((name) => /\s[a-z-]+=\$\{/.test(readFileSync(join(folder, name), 'utf8')));
  expect(files.length).toBeGreaterThan(5);
  expect(unquoted).toEqual([]);
});
