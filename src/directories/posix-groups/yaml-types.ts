/** The types of parsed YAML: texts, lists, mappings and aliases. */

/** A text, or null. `exact` is false if the text was not decoded, because it has escapes or is a block: a name never needs these. */
export interface YamlScalar {
  readonly kind: 'scalar';
  readonly text: string | null;
  readonly quoted: boolean;
  readonly exact: boolean;
  readonly line: number;
}

export interface YamlList {
  readonly kind: 'list';
  readonly items: YamlNode[];
  readonly line: number;
}

export interface YamlMap {
  readonly kind: 'map';
  readonly entries: (readonly [key: YamlScalar, value: YamlNode])[];
  readonly line: number;
}

/** The use of an anchor. */
export interface YamlAlias {
  readonly kind: 'alias';
  readonly to: YamlValue;
  readonly line: number;
}

export type YamlValue = YamlScalar | YamlList | YamlMap;
export type YamlNode = YamlValue | YamlAlias;

/** The node itself, or the one that its alias names. */
export const targetOf = (node: YamlNode): YamlValue => (node.kind === 'alias' ? node.to : node);
