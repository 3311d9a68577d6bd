/**
 * Elements out of data. Text goes in as text and nothing is ever parsed as HTML: the page's policy (Trusted Types) would
 * refuse it, whatever an event says.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(
    ...children
      .flat(Number.POSITIVE_INFINITY)
      .filter((child) => child !== undefined && child !== null)
      .map(node),
  );
  return element;
}

const node = (child) => (child instanceof Node ? child : document.createTextNode(visible(String(child))));

/** Controls, direction marks and zero-width characters are shown, not obeyed. */
export function visible(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (char) =>
    char === '\n' || char === '\t' ? char : `\\u{${char.codePointAt(0).toString(16)}}`,
  );
}

/** The value at a path of a document; undefined when it is not there. */
export function at(value, path) {
  return path.split('.').reduce((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value) => (value === undefined || value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value));

/** A time as people read it, with the exact one behind it. */
export function time(iso) {
  if (iso === undefined || iso === null) return '–';
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return String(iso);
  const shown = `${date.toISOString().slice(0, 10)} ${date.toISOString().slice(11, 19)}`;
  return h('time', { datetime: date.toISOString(), title: `${date.toISOString()} (UTC)` }, shown);
}

/** `1234` -> `1,234`; seconds and bytes in a unit a person can compare. */
export const number = (value) => (value === undefined ? '–' : Number(value).toLocaleString('en-US'));
export function duration(seconds) {
  if (seconds === undefined) return '–';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
export function bytes(value) {
  if (value === undefined) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  return `${power === 0 ? value : (value / 1024 ** power).toFixed(1)} ${units[power]}`;
}

export const badge = (text, kind) => h('span', { class: `badge ${kind}` }, text);
export const level = (text) => badge(text, ['critical', 'high', 'medium', 'low'].includes(text) ? text : 'plain');

export function facts(pairs) {
  return h(
    'dl',
    { class: 'facts' },
    pairs.filter(([, value]) => value !== undefined).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}

export const tiles = (pairs) =>
  h(
    'dl',
    { class: 'tiles' },
    pairs.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );

/** A table with a caption for those who cannot see it; `columns`: title and class, the first one heads its row. */
export function table(caption, columns, rows) {
  if (rows.length === 0) return h('p', { class: 'soft' }, `${caption}: nothing here.`);
  const cell = (value, i) => (i === 0 ? h('th', { scope: 'row' }, value) : h('td', { class: columns[i].class }, value));
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', {}, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((column, i) => h('th', { scope: 'col', class: i === 0 ? undefined : column.class }, column.title)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row) => h('tr', {}, row.map(cell))),
      ),
    ),
  );
}

/** Told to everybody, screen readers too. */
export function say(text) {
  const place = document.getElementById('said');
  place.textContent = visible(text);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.replaceChildren(), 6000);
}
