/** The schemas that stand under a name in the document, each once. */
import type { z } from 'zod';
import {
  cameraStateSchema,
  clockSchema,
  gapSchema,
  messageSchema,
  stationStatusSchema,
} from '#src/station/station-state.js';
import {
  auditSchema,
  cameraRowSchema,
  frameWithMissingSchema,
  gapRowSchema,
  markRowSchema,
  segmentSchema,
  sessionDetailsSchema,
  sessionSchema,
  stackSchema,
} from './rows-schema.js';
import { controlSchema, errorSchema } from './schema.js';

export const NAMED_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  Error: errorSchema,
  StationStatus: stationStatusSchema,
  CameraState: cameraStateSchema,
  Clock: clockSchema,
  Message: messageSchema,
  LiveGap: gapSchema,
  Control: controlSchema,
  Session: sessionSchema,
  SessionDetails: sessionDetailsSchema,
  Camera: cameraRowSchema,
  Segment: segmentSchema,
  Stack: stackSchema,
  Mark: markRowSchema,
  Gap: gapRowSchema,
  Frame: frameWithMissingSchema,
  Audit: auditSchema,
};
