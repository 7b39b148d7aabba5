/** Between the previews, which come first, and the plan. Invisible where Markdown is shown. */
const END = '<!-- headgate:previews -->';

/** What a comment shows of previews; empty: nothing. */
export function previewsIn(content: string): string {
  const end = content.indexOf(END);
  return end === -1 ? '' : withoutNote(content.slice(0, end)).trim();
}

/** The comment with another section of previews. A note at the top stays there. */
export function withPreviews(content: string, section: string): string {
  const end = content.indexOf(END);
  const plan = end === -1 ? withoutNote(content) : content.slice(end + END.length);
  const note = content.slice(0, content.length - withoutNote(content).length).trim();
  const parts = [note, section, ...(section === '' ? [] : [END]), plan.trim()];
  return parts.filter((part) => part !== '').join('\n\n');
}

function withoutNote(content: string): string {
  return content.replace(/^(?:>[^\n]*\n)+\n*/, '');
}
