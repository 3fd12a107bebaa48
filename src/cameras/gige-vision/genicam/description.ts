/** A camera's GenICam XML as plain elements, without knowledge of what they mean. */
import { reasonOf } from '#gps/errors.js';
import { FeatureError } from './feature-error.js';
import { readXmlText, type XmlElement } from './xml-reader.js';

export type { XmlElement } from './xml-reader.js';

/** Parses XML. Throws FeatureError `genicam.xml`. */
export function parseXml(text: string): XmlElement {
  try {
    return readXmlText(text);
  } catch (cause) {
    const why = `the camera's GenICam description is not well-formed XML: ${reasonOf(cause)}`;
    throw new FeatureError('genicam.xml', why, { cause });
  }
}

/** Text of the first child with that tag, or undefined. */
export function childText(element: XmlElement, tag: string): string | undefined {
  return element.children.find((child) => child.tag === tag)?.text;
}

export function childrenOf(element: XmlElement, tag: string): readonly XmlElement[] {
  return element.children.filter((child) => child.tag === tag);
}
