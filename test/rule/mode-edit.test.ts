import { describe, expect, test } from 'vitest';
import { withMode } from '../../src/rule/mode-edit.ts';

const at = (text: string, line: number, mode: 'alert' | 'shadow', path = 'a.yml') => withMode({ path, text }, line, mode);

describe('the mode of a rule in its file', () => {
  test.each<[string, string, string]>([
    ['in brackets, alone', 'title: a\nwardline: { mode: shadow } # why\nid: a\n', 'title: a\nid: a\n'],
    ['in brackets, first', 'title: a\nwardline: { mode: shadow, controls: [x] } # why\n', 'title: a\nwardline: { controls: [x] } # why\n'],
    ['in brackets, last', 'title: a\nwardline: { controls: [x], mode: canary, of: b }\n', 'title: a\nwardline: { controls: [x] }\n'],
    [
      'in lines',
      'title: a\nwardline:\n  # kept\n  controls: [x]\n  mode: canary\n  of: b\nid: a\n',
      'title: a\nwardline:\n  # kept\n  controls: [x]\nid: a\n',
    ],
    ['in lines, alone', 'title: a\nwardline:\n  mode: shadow\nid: a\n', 'title: a\nid: a\n'],
    ['a policy', 'kind: ZeroTrustPolicy\nmode: shadow # yet\nid: a\n', 'kind: ZeroTrustPolicy\nmode: alert # yet\nid: a\n'],
  ])('is taken away: %s', (_name, before, after) => {
    expect(at(before, 1, 'alert')).toBe(after);
  });

  test.each<[string, string, string]>([
    ['nothing there', 'title: a\nid: a # mine\n', 'title: a\nid: a # mine\nwardline: { mode: shadow }\n'],
    ['in brackets', 'title: a\nwardline: { controls: [x] }\n', 'title: a\nwardline: { mode: shadow, controls: [x] }\n'],
    ['in lines', 'title: a\nwardline:\n  controls: [x]\n', 'title: a\nwardline:\n  mode: shadow\n  controls: [x]\n'],
    ['a canary', 'title: a\nwardline: { mode: shadow }\n', 'title: a\nwardline: { mode: shadow }\n'],
    ['a policy', 'kind: ZeroTrustPolicy\nid: a\n', 'kind: ZeroTrustPolicy\nid: a\nmode: shadow\n'],
    ['text at the end', 'title: a\ndescription: |\n  one\n  two\n', 'title: a\ndescription: |\n  one\n  two\nwardline: { mode: shadow }\n'],
  ])('becomes shadow: %s', (_name, before, after) => {
    expect(at(before, 1, 'shadow')).toBe(after);
  });

  test('is changed in the document at the line alone, and in JSON', () => {
    const two = 'title: a\nwardline: { mode: shadow }\n---\ntitle: b\nwardline: { mode: shadow }\n';
    expect(at(two, 4, 'alert')).toBe('title: a\nwardline: { mode: shadow }\n---\ntitle: b\n');
    const json = '{\n  "id": "a",\n  "wardline": { "mode": "shadow" },\n  "level": "low"\n}\n';
    expect(JSON.parse(at(json, 1, 'alert', 'a.json') ?? '')).toEqual({ id: 'a', level: 'low' });
    expect(JSON.parse(at('{ "id": "a" }', 1, 'shadow', 'a.json') ?? '')).toEqual({ id: 'a', wardline: { mode: 'shadow' } });
  });

  test('is left alone where its place cannot be told', () => {
    expect(at('title: a\nid: a\n', 7, 'alert')).toBeUndefined();
    expect(at('title: a\nwardline: [x]\n', 1, 'shadow')).toBeUndefined();
  });
});
