/** What the page does beyond links and forms: it filters while one types, and shows what changes. Every page works without it. */
export const SCRIPT = `'use strict';
const $ = (id) => document.getElementById(id);
const live = $('live');
const search = $('search');
const connection = $('connection');

function filter() {
  if (!search) return;
  // The server has searched for what the address has, in more than the rows show.
  const typed = search.value === search.defaultValue ? '' : search.value;
  const words = typed.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  const rows = live.querySelectorAll('.fleet tbody tr');
  for (const row of rows) {
    row.searched ??= row.textContent.toLowerCase();
    row.hidden = !words.every((word) => row.searched.includes(word));
    if (!row.hidden) shown += 1;
  }
  for (const group of live.querySelectorAll('.group')) group.hidden = !group.querySelector('tbody tr:not([hidden])');
  const count = $('count');
  if (count && search.value !== search.defaultValue) count.textContent = shown + ' of ' + rows.length + ' targets match';
}

function enhance() {
  for (const time of live.querySelectorAll('time[datetime]')) {
    if (time.title) time.title = new Date(time.dateTime).toLocaleString();
  }
  filter();
}

async function refresh() {
  const open = new Set(Array.from(live.querySelectorAll('details[open]'), (each) => each.id));
  const closed = new Set(Array.from(live.querySelectorAll('details:not([open])'), (each) => each.id));
  const focused = live.contains(document.activeElement) ? document.activeElement : null;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('live');
  if (!next || next.innerHTML === live.innerHTML) return;
  live.replaceChildren(...next.childNodes);
  for (const each of live.querySelectorAll('details')) {
    if (open.has(each.id)) each.open = true;
    if (closed.has(each.id)) each.open = false;
  }
  if (focused && focused.getAttribute('href')) live.querySelector('a[href="' + CSS.escape(focused.getAttribute('href')) + '"]')?.focus();
  enhance();
}

if (search) {
  search.addEventListener('input', filter);
  for (const select of search.form.querySelectorAll('select')) select.addEventListener('change', () => search.form.requestSubmit());
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus(); }
    if (event.key === 'Escape' && document.activeElement === search) { search.value = ''; filter(); }
  });
}

if (live.dataset.events) {
  const events = new EventSource(live.dataset.events);
  events.addEventListener('open', () => { connection.textContent = 'live'; });
  events.addEventListener('error', () => { connection.textContent = 'not connected'; });
  events.addEventListener('changed', () => { refresh().catch(() => undefined); });
}
enhance();
`;
