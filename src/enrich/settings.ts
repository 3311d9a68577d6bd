import { z } from 'zod';

const files = z.array(z.string().min(1)).default([]);

/** Files of tables; relative paths count from the folder of the settings. */
export const enrichSettings = z.strictObject({
  geoip: files.describe('MaxMind databases (.mmdb): City, Country, ASN, ISP or Enterprise. None is shipped.'),
  assets: files.describe('CSV or NDJSON of hosts: a key column (ip, host or mac) and any columns about them.'),
  identities: files.describe('CSV or NDJSON of users: a key column (name, id or email) and any columns about them.'),
  indicators: files.describe('Indicators of compromise: CSV, NDJSON, a STIX 2.1 bundle or a MISP event.'),
});

export type EnrichSettings = z.infer<typeof enrichSettings>;
