import { FRAMEWORK, FRAMEWORK_FOLDER } from './bundle.ts';

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
}

/**
 * package.json and its lock file for the bundle, from the package.json of the project and of the framework. All libraries are in
 * the bundle: what a platform installs are links to it, without a registry. The one script compiles the code.
 */
export function packageFiles(project: string, framework: string): ReadonlyMap<string, string> {
  const { name, version, description, license, engines } = JSON.parse(project) as PackageJson;
  const { version: frameworkVersion, license: frameworkLicense } = JSON.parse(framework) as PackageJson;
  const app = {
    name,
    version,
    license,
    bin: { muster: 'cli.js' },
    engines,
    dependencies: { [FRAMEWORK]: `file:${FRAMEWORK_FOLDER}` },
  };
  const library = {
    name: FRAMEWORK,
    version: frameworkVersion,
    license: frameworkLicense,
    bin: { 'functions-framework': 'start.cjs' },
  };
  return new Map([
    [
      'package.json',
      json({
        ...app,
        description,
        private: true,
        type: 'commonjs',
        main: 'main.cjs',
        scripts: { postinstall: 'node compile.cjs' },
      }),
    ],
    [
      'package-lock.json',
      json({
        name,
        version,
        lockfileVersion: 3,
        requires: true,
        packages: {
          '': { ...app, hasInstallScript: true },
          [FRAMEWORK_FOLDER]: library,
          [`node_modules/${FRAMEWORK}`]: { resolved: FRAMEWORK_FOLDER, link: true },
        },
      }),
    ],
    [`${FRAMEWORK_FOLDER}/package.json`, json({ ...library, main: 'index.js' })],
  ]);
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
