import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'rolldown';

const DEFAULT_POLICY = 'src/jobs/growthbook-roles/policy.ts';

/** Reads and checks the default policy while the bundle is made: a function that starts does neither again. */
export const readDefaultPolicy = (root: string): Plugin => ({
  name: 'default-policy',
  load: async (id) => {
    const path = join(root, DEFAULT_POLICY);
    if (id !== path) return null;
    const { defaultPolicy } = (await import(pathToFileURL(path).href)) as { defaultPolicy: () => unknown };
    return {
      code: `export const defaultPolicy = () => (${JSON.stringify(defaultPolicy())});`,
      moduleType: 'js',
    };
  },
});

/** Parts of libraries that no option of ours asks for, and what stands for each: it throws where it is used after all. */
const UNUSED = [
  {
    library: '/got/',
    imports: /[/\\]http2-client\.js$/,
    code: "const no = () => { throw new Error('HTTP/2 is not in the bundle'); }; export default { auto: no, get globalAgent() { return no(); } };",
  },
  {
    library: '/got/',
    imports: /^node:http2$/,
    code: 'export class Http2ServerResponse {} export const constants = {};',
  },
  {
    library: '/got/',
    imports: /^cacheable-request$/,
    code: "export class CacheError extends Error {} export default class { constructor() { throw new Error('The HTTP cache is not in the bundle'); } }",
  },
  {
    library: '/pino/',
    imports: /^thread-stream$/,
    code: "export default class { constructor() { throw new Error('Transports of pino are not in the bundle'); } }",
  },
] as const;

const STANDS_FOR = '\0unused:';

/** Leaves out the parts of libraries that are never used: each costs time at every start. */
export const leaveOutUnused: Plugin = {
  name: 'unused',
  resolveId: (id, importer) => {
    const found = UNUSED.findIndex((one) => importer?.includes(one.library) && one.imports.test(id));
    return found < 0 ? null : `${STANDS_FOR}${found}`;
  },
  load: (id) => {
    const found = id.startsWith(STANDS_FOR) ? UNUSED[Number(id.slice(STANDS_FOR.length))] : undefined;
    return found ? { code: found.code, moduleType: 'js' } : null;
  },
};

const LIST_FORMATS = /^const (\w+) = (new Intl\.ListFormat\([^;]*\));$/gm;

/** A library makes two list formats when it is loaded, which reads Node's language data: here each is made where it is used. */
export const makeListFormatsLate: Plugin = {
  name: 'list-formats',
  transform: {
    filter: { id: /@sindresorhus[/\\]is[/\\]/ },
    handler: (code) => ({
      code: code.replaceAll(LIST_FORMATS, 'const $1 = { format: (...values) => $2.format(...values) };'),
      map: null,
    }),
  },
};

const FILL_TABLES = 'populateMaps(exports.extensions, exports.types)';

/** The library of media types makes tables of some 2,500 types when it is loaded: here it makes them when one is looked up. */
export const makeMediaTypesLate: Plugin = {
  name: 'media-types',
  transform: {
    filter: { id: /[/\\]mime-types[/\\]index\.js$/ },
    handler: (code) => {
      if (!code.includes(FILL_TABLES)) throw new Error(`mime-types: found no ${FILL_TABLES}`);
      return {
        code: code.replace(
          FILL_TABLES,
          `for (const name of ['extensions', 'types']) Object.defineProperty(exports, name, {
            configurable: true,
            get() {
              const tables = { extensions: Object.create(null), types: Object.create(null) };
              for (const [key, value] of Object.entries(tables)) Object.defineProperty(exports, key, { value });
              populateMaps(tables.extensions, tables.types);
              return tables[name];
            },
          })`,
        ),
        map: null,
      };
    },
  },
};

/** The library that reads policies: a run with the default policy, or one that is read already, loads none of it. */
export const YAML = 'yaml';

/** Loads the YAML library when the first document is read, from a file of its own beside the others. */
export const loadYamlLate: Plugin = {
  name: 'yaml-late',
  resolveId: (id, importer) => {
    if (id === YAML && importer?.endsWith('.ts')) return LATE_YAML;
    return importer === LATE_YAML ? { id, external: true } : null;
  },
  load: (id) =>
    id === LATE_YAML
      ? {
          code: `export const parseDocument = (...values) => require('./${YAML}.js').parseDocument(...values);`,
          moduleType: 'js',
        }
      : null,
};
const LATE_YAML = '\0late-yaml';
