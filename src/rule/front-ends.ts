import type { FrontEnd } from './front-end.ts';
import { sigma } from './sigma/index.ts';

/** Every rule language; the first that recognises a document reads it. */
export const frontEnds: readonly FrontEnd[] = [sigma];
