import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

/**
 * Checks OSCAL documents: `node scripts/validate-oscal.ts SCHEMAS FILE...`, where SCHEMAS is a folder with the JSON
 * schemas of an OSCAL release. Prints one JSON line per file, `{file, errors}`, and ends with 1 when any has errors.
 * A process of its own: Ajv compiles schemas to code, which the product forbids itself.
 */
const [folder = '', ...files] = process.argv.slice(2);
const NAMES: Readonly<Record<string, string>> = {
  'assessment-plan': 'assessment-plan',
  'assessment-results': 'assessment-results',
  'plan-of-action-and-milestones': 'poam',
  catalog: 'catalog',
  'component-definition': 'component',
  'system-security-plan': 'ssp',
  profile: 'profile',
};

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
const compiled = new Map<string, ValidateFunction>();

function validatorFor(root: string): ValidateFunction {
  const known = compiled.get(root);
  if (known !== undefined) return known;
  const schema = JSON.parse(readFileSync(join(folder, `oscal_${NAMES[root]}_schema.json`), 'utf8')) as object;
  const validate = ajv.compile(schema);
  compiled.set(root, validate);
  return validate;
}

for (const file of files) {
  const document = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const root = Object.keys(document).find((key) => Object.hasOwn(NAMES, key));
  const validate = root === undefined ? undefined : validatorFor(root);
  const valid = validate?.(document) ?? false;
  const errors =
    validate === undefined
      ? ['no OSCAL document']
      : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  console.log(JSON.stringify({ file, errors: valid ? [] : errors }));
  if (!valid) process.exitCode = 1;
}
