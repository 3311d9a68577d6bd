import { get } from './api.js';
import { badge, h, level, number, table, textOf, tiles, time } from './dom.js';

/** Every rule that runs, with what it did since the start. */
export async function showRules({ query }) {
  const { rules, digest, activatedAt, broken } = await get('/api/rules');
  const wanted = (query.get('q') ?? '').toLowerCase();
  const shown = rules.filter(({ id, title, file }) => `${id} ${title} ${file}`.toLowerCase().includes(wanted));
  const search = h(
    'form',
    {
      class: 'filters',
      'aria-label': 'Which rules',
      onsubmit(event) {
        event.preventDefault();
        location.hash = `#/rules?${new URLSearchParams({ q: event.target.elements.q.value.trim() })}`;
      },
    },
    h('label', {}, 'Text in title, id or file', h('input', { name: 'q', type: 'search', value: query.get('q') ?? '', maxlength: 200 })),
    h('button', { type: 'submit' }, 'Search'),
  );
  const MOST = 500;
  return {
    title: 'Rules',
    content: [
      h('div', { class: 'head' }, h('h1', {}, 'Rules'), search),
      tiles([
        ['Rules that run', number(rules.length)],
        ['Matched since the start', number(rules.filter(({ matches, alerts }) => matches + alerts > 0).length)],
        ['Without a decision', number(rules.filter(({ undecided }) => undecided > 0).length)],
        ['In force since', time(activatedAt)],
        ['Files with errors', number(broken.length)],
      ]),
      ...(broken.length === 0
        ? []
        : [
            h(
              'section',
              { class: 'card' },
              h(
                'p',
                {},
                badge('errors', 'critical'),
                ' These files have errors; what they were before runs, or nothing. See: wardline check',
              ),
              h('ul', {}, ...broken.map((file) => h('li', { class: 'mono' }, file))),
            ),
          ]),
      h(
        'section',
        { class: 'card' },
        h(
          'p',
          { class: 'soft' },
          'Ruleset ',
          h('code', {}, textOf(digest).slice(0, 12)),
          shown.length > MOST ? `; the first ${MOST} of ${number(shown.length)} are shown` : '',
        ),
        table(
          'Rules, the busiest first',
          [
            { title: 'Rule' },
            { title: 'Level' },
            { title: 'Kind' },
            { title: 'State' },
            { title: 'Matches', class: 'n' },
            { title: 'Alerts', class: 'n' },
            { title: 'Last', class: 'time' },
          ],
          shown
            .slice(0, MOST)
            .map((rule) => [
              [rule.title, h('br'), h('span', { class: 'soft mono' }, rule.id), h('br'), h('span', { class: 'soft mono' }, rule.file)],
              level(rule.level),
              rule.kind,
              stateOf(rule),
              number(rule.matches),
              number(rule.alerts),
              time(rule.lastAt),
            ]),
        ),
      ),
    ],
  };
}

function stateOf({ evicted, undecided, matches, alerts }) {
  if (evicted > 0) return badge(`${number(evicted)} groups evicted`, 'critical');
  if (undecided > 0) return badge(`${number(undecided)} not decided`, 'medium');
  return matches + alerts > 0 ? badge('matching', 'good') : badge('waiting', 'plain');
}
