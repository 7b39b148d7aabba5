/** Markup that is safe to send: only `html` makes one, so text cannot be taken for it. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  static join(parts: readonly string[], values: readonly HtmlContent[]): Html {
    return new Html(parts.map((part, index) => (index === 0 ? '' : markupOf(values[index - 1])) + part).join(''));
  }

  get markup(): string {
    return this.#markup;
  }
}

/** What a template takes: everything but `Html` is escaped; nothing is shown for null, undefined and false. */
export type HtmlContent = Html | string | number | null | undefined | false | readonly HtmlContent[];

/** Markup from a template. Attributes have to be quoted, because values are escaped for text and quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlContent[]): Html {
  return Html.join(parts, values);
}

function markupOf(value: HtmlContent): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return value.map((each) => markupOf(each)).join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return /[&<>"']/.test(text) ? text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '') : text;
}
