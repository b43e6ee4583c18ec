import { Argument, type Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** Declares `completion`, which prints a script that completes jobs, commands and options in a shell. */
export function declareCompletion(program: Command): void {
  program
    .command('completion')
    .description('Prints the completion script for a shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', '\nExample:\n  source <(muster completion bash)')
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell));
    });
}

interface Words {
  /** The words before: empty for the first word. */
  readonly path: readonly string[];
  readonly next: readonly string[];
}

/** The words that can follow each sequence of commands. */
function wordsOf(command: Command, path: readonly string[] = []): readonly Words[] {
  const all = [...command.options, ...(path.length === 2 ? (command.parent?.parent?.options ?? []) : [])];
  const options = all.filter(({ hidden }) => !hidden).flatMap(({ long }) => (long ? [long] : []));
  const names = command.commands.map((child) => child.name());
  return [
    { path, next: [...names, ...options, '--help'] },
    ...command.commands.flatMap((child) => wordsOf(child, [...path, child.name()])),
  ];
}

function completionScript(program: Command, shell: Shell): string {
  const words = wordsOf(program);
  if (shell === 'fish') return words.map(fishLine).join('');
  const cases = words
    .map(({ path, next }) => `    '${path.join(' ')}') words='${next.join(' ')}' ;;\n`)
    .join('');
  const header = shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
  return `${header}_muster() {
  local IFS=$' \\t\\n' word path='' words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases}  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _muster muster
`;
}

const fishLine = ({ path, next }: Words) =>
  `complete -c muster -f -n 'test (commandline -opc | string match -v -- "-*" | string join " ") = "${['muster', ...path].join(' ')}"' -a '${next.join(' ')}'\n`;
