import { get } from './api.js';
import { badge, bytes, duration, h, number, table, textOf, tiles, time } from './dom.js';

const STATES = { reading: 'good', quiet: 'plain', waiting: 'plain', ended: 'plain', stalled: 'critical' };
const SINKS = { closed: ['takes alerts', 'good'], open: ['resting', 'critical'], disabled: ['disabled', 'critical'] };

/** What comes in, where it goes, and whether the engine keeps up. */
export async function showSources() {
  const status = await get('/api/status');
  const { sources, sinks, stages, ready, state, insecure } = status;
  return {
    title: 'Sources',
    content: [
      h('div', { class: 'head' }, h('h1', {}, 'Sources and receivers'), ready.ok ? badge('ready', 'good') : badge('not ready', 'critical')),
      ready.ok
        ? undefined
        : h(
            'section',
            { class: 'card', role: 'alert' },
            h('h2', {}, 'Why it is not ready'),
            h(
              'ul',
              { class: 'plain' },
              ready.reasons.map((reason) => h('li', {}, reason)),
            ),
          ),
      tiles([
        ['Records since the start', number(sources.reduce((sum, { records }) => sum + records, 0))],
        ['Groups held', number(state?.groups)],
        ['State', bytes(state?.bytes)],
        ['Groups evicted', number(state?.evicted)],
        ['Running since', time(status.startedAt)],
      ]),
      h(
        'section',
        { class: 'card' },
        table(
          'Sources; lag is what lies there unread',
          [
            { title: 'Source' },
            { title: 'State' },
            { title: 'Records', class: 'n' },
            { title: 'Lag', class: 'n' },
            { title: 'Silent for', class: 'n' },
            { title: 'Newest event behind', class: 'n' },
            { title: 'Partitions', class: 'n' },
            { title: 'Last record', class: 'time' },
          ],
          sources.map((source) => [
            [source.name, h('br'), h('span', { class: 'soft' }, source.kind)],
            badge(source.state, STATES[source.state] ?? 'plain'),
            number(source.records),
            source.lagUnit === 'bytes' ? bytes(source.lag) : number(source.lag),
            source.state === 'ended' ? '–' : duration(source.silentSeconds),
            duration(source.behindSeconds),
            number(source.partitions),
            time(source.lastRecordAt),
          ]),
        ),
      ),
      h(
        'section',
        { class: 'card' },
        table(
          'Receivers of alerts',
          [
            { title: 'Receiver' },
            { title: 'State' },
            { title: 'Waiting', class: 'n' },
            { title: 'Given up', class: 'n' },
            { title: 'Failing for', class: 'n' },
            { title: 'Last failure', class: 'text' },
          ],
          sinks.map((sink) => [
            [sink.name, h('br'), h('span', { class: 'soft' }, sink.kind)],
            badge(...(SINKS[sink.state] ?? [sink.state, 'plain'])),
            number(sink.waiting),
            number(sink.dead),
            duration(sink.oldestSeconds),
            textOf(sink.reason),
          ]),
        ),
      ),
      stages.length === 0
        ? undefined
        : h(
            'section',
            { class: 'card' },
            table(
              'Stages of this process',
              [{ title: 'Stage' }, { title: 'State' }, { title: 'Partitions', class: 'n' }, { title: 'Lag', class: 'n' }],
              stages.map(({ stage, stalled, restoring, partitions, lag }) => [
                stage,
                stalled ? badge('stalled', 'critical') : restoring > 0 ? badge('restoring', 'medium') : badge('reading', 'good'),
                number(partitions),
                number(lag),
              ]),
            ),
          ),
      insecure.length === 0
        ? undefined
        : h(
            'section',
            { class: 'card' },
            h('h2', {}, 'Connections whose checks are switched off'),
            h(
              'ul',
              { class: 'plain' },
              insecure.map((part) => h('li', {}, h('code', {}, part))),
            ),
          ),
    ].filter((part) => part !== undefined),
  };
}
