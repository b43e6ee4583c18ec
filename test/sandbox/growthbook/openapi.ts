import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** A parameter of an operation, as far as a query is concerned. */
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: object;
}

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { parameters?: readonly { $ref: string }[] }>>>
  >;
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> };
}

const DOCUMENT = JSON.parse(readFileSync(new URL('./openapi.json', import.meta.url), 'utf8')) as Document;
const OPTIONS = { allErrors: true, strict: false, validateFormats: false };
const ajv = new Ajv2020(OPTIONS).addSchema(DOCUMENT, 'growthbook');
const fromText = new Ajv2020({ ...OPTIONS, coerceTypes: true });

const escaped = (path: string): string =>
  encodeURIComponent(path.replaceAll('~', '~0').replaceAll('/', '~1'));

const compile = (...pointer: readonly string[]): ValidateFunction =>
  ajv.compile({ $ref: `growthbook#/${pointer.map(escaped).join('/')}` });

function faults(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath || '/'} ${message ?? 'is wrong'} ${JSON.stringify(params)}`;
  });
}

const roleWrite = compile(
  'paths',
  '/v1/members/{id}/role',
  'post',
  'requestBody',
  'content',
  'application/json',
  'schema',
);

/** What the published schema of `POST /v1/members/{id}/role` has against a body; nothing where it validates. */
export const validateRoleWrite = (body: unknown): string[] => faults(roleWrite, body);

/** What the published schema has against an entry of an answer. */
export const validateEntry = (
  kind: 'Member' | 'Project' | 'Team' | 'updatedMember' | 'PaginationFields',
  entry: unknown,
): string[] => faults(compile('components', 'schemas', kind), entry);

/** What the published parameters of a GET operation have against a query: an unknown name, a repeated one, a value out of bounds. Throws for an operation that is not in the document. */
export function validateQuery(operation: string, query: URLSearchParams): string[] {
  const found = DOCUMENT.paths[operation]?.['get'];
  if (!found) throw new Error(`openapi: no operation GET ${operation}`);
  const parameters = (found.parameters ?? [])
    .flatMap(({ $ref }) => DOCUMENT.components.parameters[$ref.split('/').at(-1) ?? ''] ?? [])
    .filter((parameter) => parameter.in === 'query');
  const names = [...query.keys()];
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  const validate = fromText.compile({
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    additionalProperties: false,
  });
  return [...repeated.map((name) => `/${name} is repeated`), ...faults(validate, Object.fromEntries(query))];
}
