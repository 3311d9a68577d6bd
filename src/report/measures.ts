import type { Coverage } from './coverage.ts';
import { latency, pairing } from './delivery-measures.ts';
import type { History } from './history.ts';
import type { Measure } from './pack-schema.ts';
import { quantityOf, sumsOf } from './quantity.ts';
import { ratioAtLeast } from './ratio.ts';
import type { Reason } from './reason.ts';
import { ruleCoverage } from './rule-coverage.ts';
import { namesOf, type Of, roleOf, type Scene } from './scene.ts';
import { MS_PER_MINUTE } from './series.ts';
import type { Finding } from './verdict.ts';

/** Measures one window. Pure; exact integers; says nothing about blockers common to all kinds. */
export function measureWindow(measure: Measure, scene: Scene): Finding {
  switch (measure.kind) {
    case 'presence':
      return presence(measure, scene);
    case 'evaluated':
      return evaluated(measure, scene);
    case 'continuity':
      return continuity(measure, scene);
    case 'content':
      return content(measure, scene);
    case 'count':
      return count(measure, scene);
    case 'ratio':
      return ratio(measure, scene);
    case 'absence':
      return absence(measure, scene);
    case 'latency':
      return latency(measure, scene);
    case 'pairing':
      return pairing(measure, scene);
    case 'canary':
      return canary(measure, scene);
    case 'integrity':
      return integrity(scene.history);
    case 'attestation':
      return attestation(measure, scene);
  }
}

function presence(measure: Of<'presence'>, scene: Scene): Finding {
  const { history, window, known } = scene;
  const role = roleOf(scene, measure.source);
  const types = Object.values(role?.types ?? {});
  let [cells, seen] = [0, 0];
  for (const name of role?.names ?? []) {
    const source = history.sources.get(name);
    if (types.length === 0) {
      cells++;
      if (source !== undefined && source.all.longestSilence(window.start, window.end, known) <= (role?.heartbeatMs ?? 0)) seen++;
    }
    for (const { types: names, within } of types) {
      cells++;
      const series = names.map((type) => source?.byType.get(type));
      if (series.some((one) => one !== undefined && one.longestSilence(window.start, window.end, known) <= within)) seen++;
    }
  }
  return {
    holds: seen === cells,
    definite: false,
    value: seen,
    limit: cells,
    unit: 'cells seen',
    population: cells,
    of: 'source and type cells',
  };
}

function evaluated(measure: Of<'evaluated'>, scene: Scene): Finding {
  const { rules, evaluated, reasons } = ruleCoverage(measure.rules, scene.history, namesOf(scene), scene.window);
  const holds = evaluated === rules.length && evaluated >= measure.min;
  return {
    holds,
    definite: reasons.length === 0 && evaluated < measure.min,
    value: evaluated,
    limit: Math.max(measure.min, rules.length),
    unit: 'rules evaluated throughout',
    population: rules.length,
    of: 'rules',
    reasons,
  };
}

function continuity(measure: Of<'continuity'>, scene: Scene): Finding {
  const { history, window, known } = scene;
  const role = roleOf(scene, measure.source);
  const limit = measure.max_silence ?? role?.heartbeatMs ?? 0;
  let longest = 0;
  for (const name of role?.names ?? []) {
    const source = history.sources.get(name);
    const silence = source?.all.longestSilence(window.start, window.end, known) ?? (window.end - window.start) * MS_PER_MINUTE;
    if (source === undefined || silence > longest) longest = silence;
    if (source === undefined) longest = Math.max(longest, limit + 1);
  }
  const names = role?.names.length ?? 0;
  return {
    holds: longest <= limit,
    definite: true,
    value: longest,
    limit,
    unit: 'ms of silence',
    population: names,
    of: 'sources',
    because: ['criterion-not-met', 'source-silent'],
  };
}

function content(measure: Of<'content'>, scene: Scene): Finding {
  const { events, unparsed } = sumsOf(scene, measure.source);
  const filled = events - unparsed;
  return share(filled, events, measure.threshold, scene.coverage, 'events in a known format', 'events');
}

function ratio(measure: Of<'ratio'>, scene: Scene): Finding {
  const num = quantityOf(measure.num, scene);
  const den = quantityOf(measure.den, scene);
  return {
    ...share(num.n, den.n, measure.threshold, scene.coverage, `of ${den.n}`, den.of),
    reasons: [...num.rules.reasons, ...den.rules.reasons],
  };
}

/** A share that must reach a threshold: short for good when even all missing items could not lift it. */
function share(num: number, den: number, threshold: number, { lost, countable }: Coverage, unit: string, of: string): Finding {
  return {
    holds: ratioAtLeast(num, den, threshold),
    definite: countable && !ratioAtLeast(num + lost, den + lost, threshold),
    value: num,
    limit: Number((BigInt(Math.round(threshold * 1e6)) * BigInt(den) + 999_999n) / 1_000_000n),
    unit,
    population: den,
    of,
  };
}

function count(measure: Of<'count'>, scene: Scene): Finding {
  const counted = quantityOf(measure.of, scene);
  const population = measure.population === undefined ? { n: scene.coverage.events, of: 'events' } : quantityOf(measure.population, scene);
  const over = measure.max !== undefined && counted.n > measure.max;
  const under = measure.min !== undefined && counted.n < measure.min;
  return {
    holds: !over && !under,
    definite: over,
    value: counted.n,
    limit: over || measure.min === undefined ? (measure.max ?? null) : measure.min,
    unit: counted.of,
    population: population.n,
    of: population.of,
    reasons: counted.rules.reasons,
  };
}

function absence(measure: Of<'absence'>, scene: Scene): Finding {
  const forbidden = quantityOf(measure.of, scene);
  const population = quantityOf(measure.population, scene);
  return {
    holds: forbidden.n === 0,
    definite: true,
    value: forbidden.n,
    limit: 0,
    unit: forbidden.of,
    population: population.n,
    of: population.of,
    reasons: [...forbidden.rules.reasons, ...population.rules.reasons],
  };
}

function canary(measure: Of<'canary'>, scene: Scene): Finding {
  const { history, window, reachedMs } = scene;
  const [from, to] = [window.start * MS_PER_MINUTE, window.end * MS_PER_MINUTE];
  const injected = history.canaries.flatMap(({ id, injectedMs, seenMs }) =>
    id === measure.canary && injectedMs !== undefined ? [{ injectedMs, seenMs }] : [],
  );
  const inside = injected.filter(({ injectedMs }) => injectedMs >= from && injectedMs < to);
  const missed = inside.filter(({ injectedMs, seenMs }) => seenMs === undefined || seenMs - injectedMs > measure.within);
  const pending = missed.filter(({ injectedMs, seenMs }) => seenMs === undefined && reachedMs <= injectedMs + measure.within).length;
  const times = injected.map(({ injectedMs }) => injectedMs).sort((a, b) => a - b);
  const reasons: Reason[] = [];
  if (isStale(times, from, to, measure.every)) reasons.push('canary-stale');
  if (pending > 0) reasons.push('late-data');
  return {
    holds: missed.length === 0,
    definite: missed.length > pending,
    value: missed.length,
    limit: 0,
    unit: 'injections missed',
    population: inside.length,
    of: 'injections',
    reasons,
    because: ['canary-missed'],
  };
}

/** Was there ever longer than `every` between two injections around the window? */
function isStale(times: readonly number[], from: number, to: number, every: number): boolean {
  let previous = times.findLast((ms) => ms < from) ?? from;
  for (const ms of times) {
    if (ms < from) continue;
    if (Math.min(ms, to) - previous > every) return true;
    if (ms >= to) return false;
    previous = ms;
  }
  return to - previous > every;
}

function integrity({ fault, head }: History): Finding {
  return {
    holds: fault === undefined,
    definite: true,
    value: fault === undefined ? 0 : 1,
    limit: 0,
    unit: 'faults in the chain',
    population: head.size,
    of: 'ledger entries',
    because: ['integrity-broken'],
  };
}

function attestation(measure: Of<'attestation'>, { history, window }: Scene): Finding {
  const at = window.end * MS_PER_MINUTE;
  const all = history.attestations.filter(({ id }) => id === measure.statement);
  const inForce = all.filter(({ from, until }) => Date.parse(from) <= at && Date.parse(until) >= at);
  const latest = inForce.at(-1);
  const past = all.some(({ until }) => Date.parse(until) < at);
  return {
    holds: latest?.statement === 'met',
    definite: latest?.statement === 'not-met',
    value: inForce.length,
    limit: 1,
    unit: 'statements in force',
    population: inForce.length,
    of: 'statements',
    reasons: latest === undefined ? [past ? 'attestation-expired' : 'attestation-missing'] : [],
  };
}
