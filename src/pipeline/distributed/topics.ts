import type { TransportSettings } from '../../config/settings.ts';
import type { TopicPlan } from '../../transport/kafka-log.ts';

const DAY_MS = 86_400_000;

/** The topics of a deployment, by what they are for. */
export const topicsOf = (prefix: string) => ({
  matches: `${prefix}.matches`,
  alerts: `${prefix}.alerts`,
  checkpoints: `${prefix}.checkpoints`,
  control: `${prefix}.control`,
  evidence: `${prefix}.evidence`,
  deadLetters: `${prefix}.deadletters`,
});

/** How each of them is made. */
export function plansOf({ prefix, partitions }: TransportSettings): readonly TopicPlan[] {
  const names = topicsOf(prefix);
  const kept = (days: number): Readonly<Record<string, string>> => ({ 'cleanup.policy': 'delete', 'retention.ms': String(days * DAY_MS) });
  return [
    { topic: names.matches, partitions, settings: { ...kept(3), 'message.timestamp.type': 'LogAppendTime' } },
    { topic: names.alerts, partitions, settings: kept(7) },
    { topic: names.checkpoints, partitions, settings: { 'cleanup.policy': 'compact' } },
    { topic: names.control, partitions: 1, settings: { 'cleanup.policy': 'compact' } },
    { topic: names.evidence, partitions: 1, settings: kept(30) },
    { topic: names.deadLetters, partitions: 1, settings: kept(30) },
  ];
}
