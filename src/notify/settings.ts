import { z } from 'zod';
import { durationMsOrNone } from '../shared/duration-setting.ts';
import { messageOf } from '../shared/errors.ts';
import { parseInstant } from '../shared/instant.ts';
import { isZone } from '../shared/zone.ts';
import { compileMatchers, type Matcher, parseMatcher } from './matcher.ts';
import type { TimeInterval } from './time-interval.ts';

const matcher = z.string().transform((text, context): Matcher => {
  const parsed = parseMatcher(text);
  if (parsed === undefined) {
    context.addIssue({
      code: 'custom',
      message: 'not a matcher; write severity="high", alertname=~"SSH.*", team!="web" or user.name!~"svc-.*"',
    });
    return z.NEVER;
  }
  try {
    compileMatchers([parsed]);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
  return parsed;
});
const matchers = z.array(matcher);
/** A silence of everything would be an outage that looks like peace; Alertmanager refuses it as well. */
const silenceMatchers = matchers.min(1).refine((all) => !compileMatchers(all)({}), {
  error: 'these hold for an alert without any label, so for almost every one; write one that needs a value, such as severity="low"',
});

const timings = {
  groupWait: durationMsOrNone.optional().describe('How long a new group waits for more alerts before the first notification.'),
  groupInterval: durationMsOrNone.optional().describe('How often a group looks whether there is something new to say.'),
  repeatInterval: durationMsOrNone.optional().describe('When what still fires is said again; acknowledged alerts are not.'),
};

/** A node of the route tree as written. */
export type RouteSettings = {
  readonly receiver?: string | undefined;
  readonly matchers: readonly Matcher[];
  readonly groupBy?: readonly string[] | undefined;
  readonly groupWait?: number | undefined;
  readonly groupInterval?: number | undefined;
  readonly repeatInterval?: number | undefined;
  readonly continue: boolean;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly routes: readonly RouteSettings[];
};

const route: z.ZodType<RouteSettings> = z.lazy(() =>
  z.strictObject({
    receiver: z.string().optional().describe('Name of a sink.'),
    matchers: matchers.default([]).describe('All must hold; the root takes every alert.'),
    groupBy: z.array(z.string()).optional().describe('Labels whose values make one group; ["..."]: every alert is a group of its own.'),
    ...timings,
    continue: z.boolean().default(false).describe('Look at the routes after this one as well.'),
    muteTimeIntervals: z.array(z.string()).default([]).describe('Names of time intervals in which nothing is notified.'),
    activeTimeIntervals: z.array(z.string()).default([]).describe('Names of time intervals outside of which nothing is notified.'),
    routes: z.array(route).default([]).describe('Routes below this one; the first that holds takes the alert.'),
  }),
) as unknown as z.ZodType<RouteSettings>;

const instant = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, { error: 'not a time; write 2026-11-20T08:00:00Z' })
  .transform((text) => parseInstant(text) ?? 0);

/** Whom not to notify for a time; the alerts are stored all the same. */
export const silenceSettings = z
  .strictObject({
    id: z.string().min(1).describe('Names it in counts and evidence.'),
    matchers: silenceMatchers.describe('All must hold.'),
    starts: instant.describe('From when on, for example 2026-11-20T08:00:00Z.'),
    ends: instant.describe('Until when.'),
    owner: z.string().min(1).describe('Who answers for it.'),
    comment: z.string().min(1).describe('Why.'),
  })
  .refine(({ starts, ends }) => ends > starts, { error: 'it ends before it starts', path: ['ends'] });

/** While an alert of `source` fires, alerts of `target` with the same values of `equal` are not notified. */
const inhibition = z.strictObject({
  name: z.string().min(1).describe('Names it in counts and evidence.'),
  source: matchers.min(1).describe('The alerts that inhibit.'),
  target: matchers.min(1).describe('The alerts that are not notified meanwhile.'),
  equal: z.array(z.string()).default([]).describe('Labels that must have the same value in both.'),
  for: durationMsOrNone.prefault('0s').describe('The source goes on inhibiting for so long after it is over.'),
});

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const weekdays = z.string().transform((text, context): readonly number[] => {
  const [first = '', last = first] = text.toLowerCase().split(':');
  const [from, to] = [WEEKDAYS.indexOf(first), WEEKDAYS.indexOf(last)];
  if (from < 0 || to < from) {
    context.addIssue({ code: 'custom', message: 'not a day or a range of days; write saturday or monday:friday' });
    return z.NEVER;
  }
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
});
const minutes = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, { error: 'not a time of the day; write 08:00' })
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));
const timeInterval = z
  .strictObject({
    name: z.string().min(1).describe('As routes name it.'),
    ranges: z
      .array(
        z.strictObject({
          weekdays: z.array(weekdays).default([]).describe('saturday or monday:friday; left out: every day.'),
          times: z
            .array(
              z.strictObject({
                from: minutes.describe('For example 08:00.'),
                to: minutes.describe('For example 18:00; 24:00 ends the day.'),
              }),
            )
            .default([])
            .describe('Times of the day; left out: all day.'),
          zone: z
            .string()
            .default('UTC')
            .refine(isZone, { error: 'not a time zone; write UTC or Europe/Berlin' })
            .describe('IANA zone of days and times.'),
        }),
      )
      .min(1)
      .describe('Any of them.'),
  })
  .transform(
    ({ name, ranges }): TimeInterval => ({ name, ranges: ranges.map((range) => ({ ...range, weekdays: range.weekdays.flat() })) }),
  );

export type Silence = z.infer<typeof silenceSettings>;
export type Inhibition = z.infer<typeof inhibition>;

/** Who is notified of which alerts, when, and of how many at once; words and meaning as in Alertmanager. */
export const notifySettings = z.strictObject({
  route: route.describe('The tree of routes; its root takes every alert.'),
  inhibit: z.array(inhibition).default([]).describe('Alerts that keep others from being notified.'),
  silences: z.array(silenceSettings).default([]).describe('Silences by file; `wardline silence` makes others.'),
  timeIntervals: z.array(timeInterval).default([]).describe('Times that routes name.'),
});
export type NotifySettings = z.infer<typeof notifySettings>;

/** Every receiver a route tree names. */
export function receiversOf(node: RouteSettings): readonly string[] {
  return [...new Set([...(node.receiver === undefined ? [] : [node.receiver]), ...node.routes.flatMap(receiversOf)])];
}
