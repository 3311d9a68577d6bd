import type { Admin } from 'kafkajs';
import { compileRegex } from '../../shared/regex.ts';

/** The topics a source reads now: those it names, and those its pattern fits. Kafka's own are never among the latter. */
export async function topicsOf(
  admin: Admin,
  { topics, topicPattern }: { readonly topics: readonly string[]; readonly topicPattern?: string | undefined },
): Promise<readonly string[]> {
  if (topicPattern === undefined) return topics;
  const fits = compileRegex(topicPattern, '');
  const found = (await admin.listTopics()).filter((topic) => !topic.startsWith('__') && fits.test(topic));
  return [...new Set([...topics, ...found])].sort();
}
