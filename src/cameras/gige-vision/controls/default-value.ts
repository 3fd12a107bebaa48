/** The default of a control, which a description of our bridge tells and GenICam has no word for. */
import { type ControlDeclaration, type ControlValue, controlValueOf } from '../../controls.js';
import { childText, type XmlElement } from '../genicam/description.js';

/** Within the `Extension` of a feature. */
export const DEFAULT_EXTENSION = 'AppulseDefault';

/** Null where none is told, or one that the control cannot have. */
export function defaultValue(element: XmlElement, control: ControlDeclaration): ControlValue {
  const extension = element.children.find(({ tag }) => tag === 'Extension');
  const told = extension === undefined ? undefined : childText(extension, DEFAULT_EXTENSION);
  if (told === undefined || control.readOnly) return null;
  // What it may be now says nothing about what it is set to at first.
  const anywhere = { ...control, minimum: null, maximum: null, step: null };
  try {
    return controlValueOf(anywhere, told);
  } catch {
    return null;
  }
}
