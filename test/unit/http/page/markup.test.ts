/** Nothing from outside becomes markup. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, html } from '../../../../src/http/page/markup.ts';

describe('a template', () => {
  it('escapes every text that it inserts, and keeps the markup of other templates', () => {
    const name = `<img src=x onerror="alert('1')">`;
    expect(html`<b title="${name}">${name}</b>${html`<i>${name}</i>`}`.toString()).not.toContain('<img');
    expect(html`<b>${html`<i>${'a & b'}</i>`}</b>`.toString()).toBe('<b><i>a &amp; b</i></b>');
  });

  it('shows nothing for what is absent, and lists one after another', () => {
    expect(html`<p>${undefined}${null}${false}${0}${['a', html`<i>b</i>`]}</p>`.toString()).toBe('<p>0a<i>b</i></p>');
  });

  it('leaves no character with a meaning in HTML, whatever the text is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        (text) => !/[<>"'`]|&(?!(?:amp|lt|gt|quot|#39|#96);)/.test(escapeText(text)),
      ),
    );
  });
});

describe('a text', () => {
  it('shows the characters that hide or turn the text around them', () => {
    expect(escapeText('a\u202eb\u0000c\u2066')).toBe('a\\u202eb\\u0000c\\u2066');
    expect(escapeText('line\nbreak\ttab')).toBe('line\nbreak\ttab');
  });

  it('is cut if it is long, and says so', () => {
    expect(escapeText('x'.repeat(5000))).toBe(`${'x'.repeat(4096)}… (5000 characters)`);
  });
});
