import { awsCloudtrail } from './aws-cloudtrail.ts';
import type { Format } from './format.ts';
import { ecs, json, plainText } from './generic.ts';
import { linuxAuth } from './linux-auth.ts';
import { otlpLog, otlpSpan } from './otlp.ts';
import { windowsFormats } from './windows/index.ts';

/** Every log format, in the order of recognition: the first that recognises a document or line decides. */
export const formats: readonly Format[] = [...windowsFormats, otlpSpan, otlpLog, awsCloudtrail, linuxAuth, ecs, json, plainText];
