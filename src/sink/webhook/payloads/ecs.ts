import type { AlertDocument } from '../../sink.ts';
import { json, type Payload } from './payload.ts';

/** The alert document as it is stored. */
export const ecs = ({ document }: AlertDocument): Payload => json(document);
