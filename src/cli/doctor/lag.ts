import { messageOf } from '../../shared/errors.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** What is asked of a broker; offsets as decimal text, -1: none was committed. */
export type LagAdmin = {
  fetchOffsets(of: {
    readonly groupId: string;
    readonly topics: string[];
  }): Promise<
    readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }[]
  >;
  fetchTopicOffsets(topic: string): Promise<readonly { readonly partition: number; readonly low: string; readonly high: string }[]>;
};

/** How far a consumer group is behind its topics, and whether its access list lets us see that. */
export async function lagFindings(
  check: string,
  groupId: string,
  topics: readonly string[],
  admin: LagAdmin,
  maxLag: number,
): Promise<readonly Finding[]> {
  if (topics.length === 0) return [];
  try {
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
    let [lag, fresh] = [0n, true];
    let most = { place: '', lag: 0n };
    for (const topic of topics) {
      const own = new Map(
        committed.find((one) => one.topic === topic)?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
      );
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        const at = own.get(partition) ?? -1n;
        if (at >= 0n) fresh = false;
        // A group that has committed nothing begins at the oldest record.
        const behind = BigInt(high) - (at < 0n ? BigInt(low) : at);
        if (behind <= 0n) continue;
        lag += behind;
        if (behind > most.lag) most = { place: `${topic}/${partition}`, lag: behind };
      }
    }
    if (fresh) return [ok(check, `the group ${groupId} has read nothing yet; ${lag} records are there`)];
    const text =
      lag === 0n
        ? `the group ${groupId} has read everything`
        : `the group ${groupId} is ${lag} records behind, most in ${most.place} (${most.lag})`;
    if (lag <= BigInt(maxLag)) return [ok(check, text)];
    return [warn(check, text, 'is an engine running, and does it keep up? more processes share the partitions (docs/distributed.md)')];
  } catch (error) {
    const type = (error as { readonly type?: unknown }).type;
    if (type === 'GROUP_AUTHORIZATION_FAILED')
      return [fail(check, `no access to the group ${groupId}`, `give the principal Read on the group ${groupId}`)];
    if (type === 'TOPIC_AUTHORIZATION_FAILED')
      return [fail(check, `no access to a topic of ${topics.join(', ')}`, 'give the principal Read and Describe on the topics')];
    return [
      warn(
        check,
        `the lag of the group ${groupId} is not known: ${messageOf(error)}`,
        'may the principal describe topics and read the group?',
      ),
    ];
  }
}
