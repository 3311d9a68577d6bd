import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, test } from 'vitest';
import { ALERT_RULES } from '../../scripts/operations/alert-rules.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { createBoard } from '../../src/pipeline/board.ts';
import { NO_LOSSES } from '../../src/pipeline/losses.ts';
import { createMeters } from '../../src/pipeline/meters.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { standingClock } from '../support/a-run.ts';

test('S31: every cap that bites is counted, and an alert rule watches the count', async () => {
  const metrics = createMetrics(resourceFromAttributes({}), []);
  const settings = settingsSchema.parse({ sources: [{ kind: 'stdin', name: 's' }] });
  const board = createBoard(settings, standingClock(0));
  const meters = createMeters(metrics, board);
  const group = { key: 'k', values: { 'user.name': 'a' } };
  meters.lost({ ...NO_LOSSES, rule: 'r', evicted: 1 });
  meters.lost({ ...NO_LOSSES, rule: 'r', evicted: 2, dropped: 5, late: 6, ungrouped: 7 });
  meters.note({ kind: 'undecided', rule: 'r', reason: 'silent', group, window: { start: 0n, end: 1n }, time: 0n } as unknown as Parameters<
    typeof meters.note
  >[0]);
  meters.inbox('s', ['stored', 'full', 'full', 'repeated']);
  meters.gap('s', 0, { from: 5n, to: 9n, cause: 'refused' });
  const text = await metrics.exposition();
  for (const line of [
    'wardline_rule_evictions_total{rule="r"} 3',
    'wardline_rule_matches_left_out_total{rule="r",reason="full"} 5',
    'wardline_rule_matches_left_out_total{rule="r",reason="too_late"} 6',
    'wardline_rule_matches_left_out_total{rule="r",reason="no_group"} 7',
    'wardline_rule_undecided_total{rule="r",reason="silent"} 1',
    'wardline_inbox_refused_total{source="s"} 2',
    'wardline_inbox_repeated_total{source="s"} 1',
    'wardline_gaps_total{source="s",cause="refused"} 1',
    'wardline_gaps_lost_total{source="s",cause="refused"} 4',
  ])
    expect(text).toContain(`${line}\n`);
  const watched = ALERT_RULES.map(({ expr }) => expr).join('\n');
  for (const name of [
    'wardline_rule_evictions_total',
    'wardline_rule_matches_left_out_total',
    'wardline_rule_undecided_total',
    'wardline_inbox_refused_total',
    'wardline_gaps_total',
    'wardline_dead_letters_total',
  ])
    expect(watched).toContain(name);
  expect(board.activity('r')).toMatchObject({ evicted: 3, undecided: 1 });
  expect(board.gaps()).toMatchObject([{ source: 's', from: '5', to: '9', cause: 'refused' }]);
  await metrics.shutdown();
});
