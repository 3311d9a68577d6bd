import { get } from './api.js';
import { at, badge, h, level, number, table, textOf, time } from './dom.js';

const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'];
const FILTERS = [
  { name: 'level', label: 'Level from', options: [['', 'all'], ...LEVELS.map((one) => [one, one])] },
  {
    name: 'status',
    label: 'Status',
    options: [
      ['', 'all'],
      ['open', 'open'],
      ['closed', 'closed'],
    ],
  },
  {
    name: 'workflow',
    label: 'Work',
    options: [
      ['', 'all'],
      ['new', 'new'],
      ['acknowledged', 'acknowledged'],
      ['closed', 'closed'],
    ],
  },
];

/** The newest alerts, each as it stands. */
export async function showAlerts({ query }) {
  const { alerts, next, counts, form, where, from } = await get(`/api/alerts?${query}`);
  if (alerts === undefined)
    return {
      title: 'Alerts',
      content: [
        h('h1', {}, 'Alerts'),
        h(
          'section',
          { class: 'card' },
          h(
            'p',
            {},
            `In the ${form} form this process keeps no alerts, and none of its sinks can be asked for them. They are at a process with the role operate, and here: ${where}.`,
          ),
        ),
      ],
    };
  const set = (name, value) => {
    const wanted = new URLSearchParams(query);
    wanted.delete('before');
    if (value === '') wanted.delete(name);
    else wanted.set(name, value);
    location.hash = `#/alerts?${wanted}`;
  };
  const filters = h(
    'form',
    {
      class: 'filters',
      'aria-label': 'Which alerts',
      onsubmit(event) {
        event.preventDefault();
        set('q', event.target.elements.q.value.trim());
      },
    },
    FILTERS.map(({ name, label, options }) =>
      h(
        'label',
        {},
        label,
        h(
          'select',
          { name, onchange: (event) => set(name, event.target.value) },
          options.map(([value, text]) => h('option', { value, selected: (query.get(name) ?? '') === value }, text)),
        ),
      ),
    ),
    h('label', {}, 'Text in it', h('input', { name: 'q', type: 'search', value: query.get('q') ?? '', maxlength: 200 })),
    h('button', { type: 'submit' }, 'Search'),
  );
  const older = new URLSearchParams(query);
  if (next !== undefined) older.set('before', next);
  return {
    title: 'Alerts',
    content: [
      h('div', { class: 'head' }, h('h1', {}, 'Alerts'), filters),
      counts === undefined ? undefined : h('p', { class: 'soft' }, `${number(counts)} documents of alerts are stored.`),
      from === undefined ? undefined : h('p', { class: 'soft' }, `As the sink ${from} keeps them. All of them are here: ${where}.`),
      h(
        'section',
        { class: 'card' },
        table(
          'Alerts, newest first; times in UTC',
          [
            { title: 'Alert' },
            { title: 'Level' },
            { title: 'Work' },
            { title: 'Group', class: 'text' },
            { title: 'Events', class: 'n' },
            { title: 'Opened', class: 'time' },
          ],
          alerts.map(row),
        ),
        next === undefined ? undefined : h('p', {}, h('a', { href: `#/alerts?${older}` }, 'Older alerts')),
      ),
    ].filter((part) => part !== undefined),
  };
}

function row(alert) {
  const group = Object.entries(at(alert, 'wardline.alert.group') ?? {});
  return [
    [
      h('a', { href: `#/alert/${encodeURIComponent(at(alert, 'wardline.alert.id'))}` }, textOf(alert.message)),
      h('br'),
      h('span', { class: 'soft mono' }, textOf(at(alert, 'rule.id'))),
    ],
    level(textOf(at(alert, 'wardline.alert.severity'))),
    workOf(alert),
    group.length === 0 ? '–' : group.map(([name, value]) => h('div', {}, h('span', { class: 'soft' }, `${name} `), textOf(value))),
    number(at(alert, 'wardline.alert.total')),
    time(at(alert, 'wardline.alert.opened')),
  ];
}

export function workOf(alert) {
  const workflow = at(alert, 'wardline.alert.workflow') ?? 'new';
  const judged = at(alert, 'wardline.alert.disposition.value');
  const text = judged === undefined ? workflow : `${workflow}, ${judged.replaceAll('_', ' ')}`;
  return badge(text, workflow === 'new' ? 'medium' : workflow === 'closed' ? 'plain' : 'low');
}
