/** What each parameter does, in words; `type.parameter` where a type means its own by it. For editors and the reference. */
const MEANINGS: Readonly<Record<string, string>> = {
  metric: 'What is measured of the matches in a pane: how many, how many different values of `field`, their sum or average.',
  field: 'What is compared: the value, or the combination of values, of each match.',
  timespan: 'How long a pane is; panes begin at whole multiples of it since 1970 (UTC).',
  forget: 'A group without matches for so long is forgotten, and learns anew.',
  direction: 'Whether rises, falls or both are told.',
  zone: 'In which zone hours of the day and days of the week are counted.',
  learn: 'A group says nothing before it is so old; until then it is undecided.',
  remember: 'A group without matches for so long is forgotten, and learns anew.',

  'spike.field': 'The field of the metrics `distinct` and `sum`; `count` takes none.',
  'spike.history': 'How many panes before are compared with, by their median; until there are so many the group is undecided.',
  'spike.factor':
    'How many times the median a rise has at least, and what part of it a fall has at most. For rises of `count` and `distinct` a median below 1 is taken as 1; of `sum` it is not.',
  'spike.min_current': 'A rise to less than this is not told; with `sum` it alone decides after a median of 0.',
  'spike.min_reference': 'A fall from a median below this is not told.',

  'seasonal.field': 'The field of the metrics `distinct`, `sum` and `avg`; `count` takes none.',
  'seasonal.season': 'With what a pane is compared: the same time of the week, of the day, or (`none`) the panes just before.',
  'seasonal.keep': 'How many earlier panes of the same time are remembered.',
  'seasonal.min_history': 'How many of them there are before anything is said; at most `keep`.',
  'seasonal.score': 'From how many robust standard deviations (1.4826 MAD) off the median a pane is told.',
  'seasonal.floor': 'The least standard deviation; without it the square root of the median, at least 1, as independent events have.',

  'change.field': 'The field of the metrics `distinct`, `sum` and `avg`; `count` takes none.',
  'change.threshold': 'The score from which a change is told: the powers of ten by which all views together are rarer than the everyday.',

  'absence.timespan': 'How long nothing comes before it is told; the next match arms it again.',
  'absence.min_seen': 'How many matches a group had within `remember` before their absence is one.',
  'absence.remember': 'How long matches count for `min_seen`, and how long after its last match a group is forgotten.',

  'new_value.forget': 'A value that was not seen for so long is new again, and a group without matches for so long is forgotten.',
  'new_value.new_group':
    'What the first match of a group is. `learn`: its values are learned and nothing is told. `alert`: they are told as new, `learn` or not; for groups that are themselves news, such as a user never seen before.',

  'rare.timespan': 'The window in which matches are counted; it is up to one 24th longer.',
  'rare.share': 'A value is rare with at most this share of all matches of the group in the window, and at most `max_count` of them.',
  'rare.min_events': 'How many matches the group has in the window before anything is said.',
  'rare.max_count': 'A value is rare with at most so many matches in the window, and at most `share` of them.',

  'time_of_day.min_events': 'How many active hours (each counts once a day) a group has before anything is said.',
  'time_of_day.max_share': 'An hour is unusual when it and the ones beside it have at most this share of the active hours.',

  'impossible_travel.location': 'The place: a geo point as an object, list or text, or the fields `.lat` and `.lon` below this one.',
  'impossible_travel.accuracy': 'How far off the place may be, in km; taken off the distance.',
  'impossible_travel.address': 'Two matches with the same address are not compared.',
  'impossible_travel.max_speed': 'The speed in km/h above which nobody travels; times below a minute count as one.',
  'impossible_travel.min_distance': 'Ways shorter than this, in km, are not told; places nearer to each other are one.',
  'impossible_travel.usual_after': 'A place that was seen so long ago first is usual; a way between two of them is not told.',

  'beacon.host': 'The field that names the host that calls.',
  'beacon.destination': 'The field that names what is called.',
  'beacon.min_events': 'How many calls there are before anything is said; the last 64 are remembered.',
  'beacon.interval': 'Shortest and longest median of the intervals between calls that is told.',
  'beacon.max_dispersion': 'How far intervals may scatter: the median of their distances to the median (MAD), divided by it.',
  'beacon.max_prevalence': 'Which share of the other hosts may call the destination too.',
  'beacon.min_hosts': 'How many hosts there are before what is common can be said.',
  'beacon.remember': 'A series without calls for so long is forgotten; hosts of a destination are counted over one to two of these.',

  'peer_group.peers': 'The field that names to whom a group is compared: groups with the same value in it are peers.',
  'peer_group.remember':
    'A value that was not seen for so long is new again, and a group without matches for so long is forgotten; peers are counted over one to two of these.',
  'peer_group.max_share': 'A value is unusual when at most this share of the peers have it.',
  'peer_group.min_peers': 'How many peers there are before anything is said.',
};

/** Undefined: nobody has said it yet, which a test does not let pass. */
export const meaningOf = (type: string, parameter: string): string | undefined => MEANINGS[`${type}.${parameter}`] ?? MEANINGS[parameter];
