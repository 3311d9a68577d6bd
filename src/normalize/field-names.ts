import { formats } from './index.ts';

/** ECS names of all fields that some format gives; rules may read others, by the names a log has. */
export const ecsNames = (): ReadonlySet<string> =>
  new Set(formats.flatMap(({ fields, parts = {} }) => [...Object.keys(fields), ...Object.keys(parts)]));
