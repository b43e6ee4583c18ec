import packageJson from '../../package.json' with { type: 'json' };

/** Muster's version, from package.json. */
export const VERSION: string = packageJson.version;

/** The `User-Agent` of all requests: what the setting says, contact included, and the version. */
export const userAgentOf = (setting: string): string =>
  /^muster(?![\w/-])/.test(setting)
    ? setting.replace('muster', `muster/${VERSION}`)
    : `${setting} muster/${VERSION}`;
