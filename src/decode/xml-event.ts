import { parseXml, XmlElement } from '@rgrove/parse-xml';
import type { JsonObject, JsonValue } from '../shared/json.ts';

/** Is this the XML of a Windows event, as event viewers and NXLog write it? */
export function isXmlEvent(text: string): boolean {
  return /^\s{0,64}(?:<\?xml[^>]{0,256}>\s{0,64})?<Event[\s>]/.test(text);
}

/** Nested elements below the root; an event has three. */
const MOST_DEPTH = 16;

/**
 * The event in the shape EVTX tools give it as JSON: `Event.System.EventID`, `Event.EventData.<name>`. Undefined where it
 * is not well formed: then it stays the text it is.
 */
export function parseXmlEvent(text: string): JsonObject | undefined {
  // The parser recurses: what nests deeper than any event is not given to it.
  if (nestsDeeper(text, MOST_DEPTH)) return undefined;
  try {
    const { root } = parseXml(text);
    return root === null || root.name !== 'Event' ? undefined : { Event: contentOf(root) };
  } catch {
    return undefined;
  }
}

function nestsDeeper(text: string, limit: number): boolean {
  let depth = 0;
  for (const [tag] of text.matchAll(/<[^!?<>][^<>]*>/g)) {
    if (tag.startsWith('</')) depth--;
    else if (!tag.endsWith('/>') && ++depth > limit) return true;
  }
  return false;
}

function contentOf(element: XmlElement): JsonValue {
  const children = element.children.filter((child) => child instanceof XmlElement);
  const attributes = Object.entries(element.attributes).filter(([name]) => !name.startsWith('xmlns'));
  if (children.length === 0) {
    const text = element.text;
    if (attributes.length === 0) return text;
    return { '#attributes': Object.fromEntries(attributes), ...(text === '' ? {} : { '#text': text }) };
  }
  const out: Record<string, JsonValue> = Object.create(null);
  const unnamed: JsonValue[] = [];
  for (const child of children) {
    const name = child.name === 'Data' ? child.attributes['Name'] : child.name;
    if (name === undefined) unnamed.push(child.text);
    else out[name] = child.name === 'Data' ? child.text : contentOf(child);
  }
  if (unnamed.length > 0) out['Data'] = unnamed.length === 1 ? (unnamed[0] as JsonValue) : unnamed;
  return out;
}
